import { openSocketBench } from './conformance/socket-bench.ts';
import { sessionConformance } from './conformance/session-conformance.ts';
import { socketTransport } from './transport/socket/socket-transport.ts';

sessionConformance('a plain socket', (options) => openSocketBench(socketTransport, options));
