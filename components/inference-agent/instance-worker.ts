import { ImagePreparer, preparerOptions } from '#packages/vision';
import { openModel } from './instance/open-model.ts';
import { isFrame } from './picture/picture.ts';
import { serveHere } from './instance/serve-here.ts';

/**
 * Entry point of the bundle `instance-worker.js`: a process that runs one model, a thread of the agent that does, or the thread of
 * either that prepares images.
 */
serveHere(openModel, (input) => {
  const preparer = new ImagePreparer(input, preparerOptions({}));
  preparer.warmUp();
  return async (picture) => (isFrame(picture) ? preparer.preparePlaced(picture) : preparer.prepare(picture));
});
