import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { readEnvironment, requireFile } from '#packages/foundation';
import { confineAsTold } from './instance/process/confinement.ts';
import type { serveModel as ServeModel } from './instance/serve-model.ts';

/** The bundle of `instance/serve-model.ts`, beside this one. */
const REST = 'serve-model.js';

/**
 * Entry point of the bundle `instance-worker.js`: a process that runs one model, a thread of the agent that does, or the thread of
 * either that prepares images.
 *
 * A process is confined first, for which it may begin again. The rest is a separate bundle, so that it is read and compiled only
 * afterward, once: together they cost each process 30 ms of CPU time more.
 */
const confinement = isMainThread ? confineAsTold(readEnvironment().confinement) : undefined;

const { serveModel } = requireFile(join(import.meta.dirname, REST)) as { readonly serveModel: typeof ServeModel };
serveModel(confinement);
