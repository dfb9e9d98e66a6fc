import { ImagePreparer, preparerOptions } from '#packages/vision';
import { isFrame } from '../picture/picture.ts';
import { openModel } from './open-model.ts';
import { serveHere } from './serve-here.ts';

/**
 * `serveHere` with real models.
 *
 * @param confinement what holds this process, in words
 */
export function serveModel(confinement: string | undefined): void {
  serveHere(
    openModel,
    ({ input, ...limits }) => {
      const preparer = new ImagePreparer(input, preparerOptions(limits));
      preparer.warmUp();
      return async (picture) => (isFrame(picture) ? preparer.preparePlaced(picture) : preparer.prepare(picture));
    },
    confinement,
  );
}
