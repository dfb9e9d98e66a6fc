import { openSocketBench } from './conformance/socket-bench.ts';
import { sessionConformance } from './conformance/session-conformance.ts';
import { crtTransport } from './transport/crt-transport.ts';

sessionConformance('the official SDK and a socket', (options) => openSocketBench(crtTransport, options));
