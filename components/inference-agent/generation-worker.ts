import { parentPort, workerData } from 'node:worker_threads';

import { openModel } from './generation/open-model.ts';
import type { WorkerPlan } from './generation/protocol.ts';
import { serveWorker } from './generation/serve-worker.ts';

/** Entry point of the bundle `generation-worker.js`: one thread, one model. */
if (parentPort) void serveWorker(parentPort, workerData as WorkerPlan, openModel);
