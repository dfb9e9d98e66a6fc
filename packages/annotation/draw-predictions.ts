import type { Sharp } from 'sharp';
import { messageOf } from '#packages/foundation';
import type { Prediction } from '#packages/model-package';
import { annotationErrors } from './errors.ts';
import { isNpy, npyPixels } from './npy-pixels.ts';
import { overlaySvg } from './overlay.ts';
import type { Canvas } from './scale.ts';

export interface DrawOptions {
  /** Larger pictures are made smaller, pixels. */
  readonly maxEdge: number;
  /** JPEG quality. */
  readonly quality: number;
}

/** Smaller pictures are made larger, so that labels can be read. */
const MIN_EDGE = 640;

/**
 * The picture, upright, with its predictions drawn on, as JPEG.
 *
 * @param image a uint8 npy array of the shape (height, width, channels), or a file that sharp reads
 * @param size of the upright picture in pixels, as the agent reported it
 * @throws EdgeError `annotation.failed`
 */
export async function drawPredictions(
  image: Uint8Array,
  size: Canvas,
  predictions: readonly Prediction[],
  { maxEdge, quality }: DrawOptions,
): Promise<Buffer> {
  try {
    const canvas = canvasOf(size, maxEdge);
    const picture = (await openPicture(image)).resize({ ...canvas, fit: 'fill', kernel: 'cubic' });
    const overlay = Buffer.from(overlaySvg(predictions, canvas));
    return await picture
      .flatten({ background: '#808080' })
      .toColourspace('srgb')
      .composite([{ input: overlay, left: 0, top: 0 }])
      // Thin coloured lines blur when colour is stored at half the resolution.
      .jpeg({ quality, chromaSubsampling: '4:4:4' })
      .toBuffer();
  } catch (thrown) {
    throw annotationErrors.error('annotation.failed', `the picture cannot be drawn on: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}

async function openPicture(bytes: Uint8Array): Promise<Sharp> {
  const { default: sharp } = await import('sharp');
  // One thread is enough beside the models.
  sharp.concurrency(1);
  // Every picture is another one.
  sharp.cache(false);
  if (!isNpy(bytes)) return sharp(bytes, { failOn: 'none' }).autoOrient();
  const pixels = npyPixels(bytes);
  if (!pixels) throw new Error('only uint8 npy arrays of the shape (height, width, channels) are drawn on');
  const { data, width, height, channels } = pixels;
  return sharp(data, { raw: { width, height, channels } });
}

function canvasOf({ width, height }: Canvas, maxEdge: number): Canvas {
  const edge = Math.max(width, height, 1);
  const wanted = Math.min(maxEdge, Math.max(MIN_EDGE, edge));
  const scale = wanted / edge;
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
