import { parentPort, workerData } from 'node:worker_threads';
import { ImagePreparer, preparerOptions } from '#packages/vision';

import { openModel } from './instance/open-model.ts';
import type { PreparerPlan, WorkerPlan } from './instance/protocol.ts';
import { servePreparer } from './instance/serve-preparer.ts';
import { serveWorker } from './instance/serve-worker.ts';

/** Entry point of the bundle `instance-worker.js`: a thread that runs one model, or one that prepares images for such a thread. */
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
