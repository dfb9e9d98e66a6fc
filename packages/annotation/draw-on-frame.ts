import { messageOf } from '#packages/foundation';
import type { RawFrame } from '#packages/frames';
import { encodePicture, PictureMaker } from '#packages/jpeg';
import type { Prediction } from '#packages/model-package';

import { canvasOf } from './canvas.ts';
import type { DrawOptions } from './draw-predictions.ts';
import { drawOverlay } from './draw-overlay.ts';
import { annotationErrors } from './errors.ts';
import { resizePicture } from './resize-picture.ts';
import { PictureSurface } from './surface/picture-surface.ts';

/** Its memory is that of the largest frame so far. */
let maker: PictureMaker | undefined;

/**
 * A raw frame with its predictions drawn on, as JPEG. On the calling thread; the frame, which is not changed itself, may change once
 * this has returned, before the promise resolves.
 * @throws EdgeError `annotation.failed`
 */
export async function drawOnFrame(
  frame: RawFrame,
  predictions: readonly Prediction[],
  { maxEdge, quality }: DrawOptions,
): Promise<Buffer> {
  try {
    maker ??= new PictureMaker();
    const picture = resizePicture(maker.make(frame), canvasOf(frame, maxEdge));
    drawOverlay(new PictureSurface(picture), predictions);
    return await encodePicture(picture, { quality });
  } catch (thrown) {
    throw annotationErrors.error('annotation.failed', `the frame cannot be drawn on: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}
