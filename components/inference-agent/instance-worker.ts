import { isMainThread } from 'node:worker_threads';
import { readEnvironment } from '#packages/foundation';
import { confineAsTold } from './instance/process/confinement.ts';

/**
 * Entry point of the bundle `instance-worker.js`: a process that runs one model, a thread of the agent that does, or the thread of
 * either that prepares images.
 *
 * A process is confined first, for which it may begin again: the rest is loaded only afterwards, once.
 */
const confinement = isMainThread ? confineAsTold(readEnvironment().confinement) : undefined;

void import('./instance/serve-model.ts').then(({ serveModel }) => serveModel(confinement));
