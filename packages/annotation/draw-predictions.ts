import type { Sharp } from 'sharp';
import { messageOf } from '#packages/foundation';
import type { Prediction } from '#packages/model-package';
import { annotationErrors } from './errors.ts';
import { canvasOf } from './canvas.ts';
import { drawOverlay } from './draw-overlay.ts';
import { isNpy } from './npy-pixels.ts';
import { rawPixels } from './raw-pixels.ts';
import type { Canvas } from './scale.ts';
import { RgbSurface } from './surface/rgb-surface.ts';

export interface DrawOptions {
  /** Larger pictures are made smaller, pixels. */
  readonly maxEdge: number;
  /** JPEG quality. */
  readonly quality: number;
}

/**
 * The picture, upright, with its predictions drawn on, as JPEG.
 *
 * @param image a uint8 npy array of the shape (height, width, channels), BMP or TIFF, or a file that sharp reads
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
    const pixels = await (
      await openPicture(image)
    )
      .resize({ ...canvas, fit: 'fill', kernel: 'cubic' })
      .flatten({ background: '#808080' })
      .toColourspace('srgb')
      .raw()
      .toBuffer();
    drawOverlay(new RgbSurface(pixels, canvas.width, canvas.height), predictions);
    const sharp = await loadSharp();
    // Thin colored lines blur when color is stored at half the resolution.
    return await sharp(pixels, { raw: { ...canvas, channels: 3 } })
      .jpeg({ quality, chromaSubsampling: '4:4:4' })
      .toBuffer();
  } catch (thrown) {
    throw annotationErrors.error('annotation.failed', `the picture cannot be drawn on: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}

async function openPicture(bytes: Uint8Array): Promise<Sharp> {
  const sharp = await loadSharp();
  const pixels = rawPixels(bytes);
  if (!pixels && !isNpy(bytes)) return sharp(bytes, { failOn: 'none' }).autoOrient();
  if (!pixels) throw new Error('only uint8 npy arrays of the shape (height, width, channels) are drawn on');
  const { data, width, height, channels } = pixels;
  return sharp(data, { raw: { width, height, channels } });
}

async function loadSharp() {
  const { default: sharp } = await import('sharp');
  // One thread is enough beside the models.
  sharp.concurrency(1);
  // Every picture is another one.
  sharp.cache(false);
  return sharp;
}
