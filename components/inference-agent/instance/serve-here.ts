import { parentPort, workerData } from 'node:worker_threads';
import { readEnvironment } from '#packages/foundation';
import type { InputSpec } from '#packages/model-package';
import { confineAsTold } from './process/confinement.ts';
import { servePreparerThread, serveProcess } from './process/serve-process.ts';
import type { PreparerThreadPlan } from './process/serve-process.ts';
import type { PreparerPlan, WorkerPlan } from './protocol.ts';
import { servePreparer } from './serve-preparer.ts';
import type { Prepare } from './serve-preparer.ts';
import { serveWorker } from './serve-worker.ts';
import type { OpenModel } from './serve-worker.ts';

/** What the main thread or the process of a model hands to the thread that it starts. */
type ThreadPlan = WorkerPlan | PreparerPlan | PreparerThreadPlan;

/** Serves as what this was started as: the process of a model, the thread of one, or the thread that prepares images for either. */
export function serveHere(open: OpenModel, preparerFor: (input: InputSpec) => Prepare): void {
  if (!parentPort) {
    const confinement = confineAsTold(readEnvironment().confinement);
    return serveProcess(open, process.argv[1] ?? '', confinement);
  }
  const plan = workerData as ThreadPlan;
  if ('has' in plan) servePreparerThread(plan, preparerFor(plan.input));
  else if ('runner' in plan) servePreparer(parentPort, plan.runner, preparerFor(plan.input));
  else void serveWorker(parentPort, plan, open);
}
