import { openSocketRig } from '../../testing/ipc/socket-rig.ts';
import { sessionConformance } from '../../testing/ipc/session-conformance.ts';
import { socketTransport } from './transport/socket/socket-transport.ts';

sessionConformance('a plain socket', (options) => openSocketRig(socketTransport, options));
