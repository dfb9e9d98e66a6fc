import { parentPort, workerData } from 'node:worker_threads';

import type { PreparerPlan, WorkerPlan } from '../../components/inference-agent/instance/protocol.ts';
import { servePreparer } from '../../components/inference-agent/instance/serve-preparer.ts';
import { serveWorker } from '../../components/inference-agent/instance/serve-worker.ts';
import { openScripted, prepareScripted } from './scripted-model.ts';

/** The worker entry of tests: the real protocol around a model that does what the test says. */
if (parentPort) {
  const plan = workerData as WorkerPlan | PreparerPlan;
  if ('runner' in plan) servePreparer(parentPort, plan.runner, prepareScripted);
  else void serveWorker(parentPort, plan, openScripted);
}
