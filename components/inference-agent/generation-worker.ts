import { parentPort, workerData } from 'node:worker_threads';
import { ImagePreparer, preparerOptions } from '#packages/vision';

import { openModel } from './generation/open-model.ts';
import type { PreparerPlan, WorkerPlan } from './generation/protocol.ts';
import { servePreparer } from './generation/serve-preparer.ts';
import { serveWorker } from './generation/serve-worker.ts';

/** Entry point of the bundle `generation-worker.js`: a thread that runs one model, or one that prepares images for such a thread. */
if (parentPort) {
  const plan = workerData as WorkerPlan | PreparerPlan;
  if ('runner' in plan) {
    const preparer = new ImagePreparer(plan.input, preparerOptions({}));
    preparer.warmUp();
    servePreparer(parentPort, plan.runner, (image) => preparer.prepare(image));
  } else {
    void serveWorker(parentPort, plan, openModel);
  }
}
