import { openSocketRig } from '../../testing/ipc/socket-rig.ts';
import { sessionConformance } from '../../testing/ipc/session-conformance.ts';
import { crtTransport } from './transport/crt-transport.ts';

/** Run by ipc-session.sdk.test.ts, in its own process. */
sessionConformance('the official SDK and a socket', (options) => openSocketRig(crtTransport, options));
