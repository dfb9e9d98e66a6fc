import { parentPort, workerData } from 'node:worker_threads';

import type { WorkerPlan } from '../generation/protocol.ts';
import { serveWorker } from '../generation/serve-worker.ts';
import { openScripted } from './scripted-model.ts';

/** The worker entry of tests: the real protocol around a model that does what the test says. */
if (parentPort) void serveWorker(parentPort, workerData as WorkerPlan, openScripted);
