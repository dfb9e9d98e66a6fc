import { parentPort, workerData } from 'node:worker_threads';
import { servePreparerThread, serveProcess } from './process/serve-process.ts';
import type { PreparerThreadPlan } from './process/serve-process.ts';
import type { PreparerPlan, Preparing, WorkerPlan } from './protocol.ts';
import { servePreparer } from './serve-preparer.ts';
import type { Prepare } from './serve-preparer.ts';
import { serveWorker } from './serve-worker.ts';
import type { OpenModel } from './serve-worker.ts';

/** The start data that the main thread or the process of a model hands to the thread that it starts. */
type ThreadPlan = WorkerPlan | PreparerPlan | PreparerThreadPlan;

/**
 * Serves as what this was started as: the process of a model, the thread of one, or the thread that prepares images for either.
 *
 * @param confinement what holds this process, in words
 */
export function serveHere(open: OpenModel, preparerFor: (preparing: Preparing) => Prepare, confinement?: string): void {
  if (!parentPort) return serveProcess(open, process.argv[1] ?? '', confinement);
  const plan = workerData as ThreadPlan;
  if ('has' in plan) servePreparerThread(plan, preparerFor(plan));
  else if ('runner' in plan) servePreparer(parentPort, plan.runner, preparerFor(plan));
  else void serveWorker(parentPort, plan, open);
}
