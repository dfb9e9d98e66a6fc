import type { Preparation } from '#packages/model-package';

import { visionErrors } from '../errors.ts';
import type { Pixels } from '../image/pixels.ts';
import { toGray } from './to-gray.ts';

/**
 * Pixels with the channels and the range of values that the tensor takes. Gray stays one channel: a resizer gives it to each of three.
 * @throws EdgeError `image.unsupported` if the image does not have the channels
 */
export function fittingPixels(pixels: Pixels, { order, channels, bits }: Preparation): Pixels {
  const fitting = order === 'gray' && pixels.channels === 3 ? toGray(pixels) : pixels;
  if (fitting.channels !== channels && !(order !== 'stored' && fitting.channels === 1)) {
    throw visionErrors.error(
      'image.unsupported',
      `the image has ${pixels.channels} channel(s), and the model takes ${channels}`,
      { facts: { format: `${pixels.channels} channels` } },
    );
  }
  return bits > 8 && !(fitting.data instanceof Uint16Array) ? multipliedUp(fitting, bits) : fitting;
}

/** Bytes over the whole range of a model that was trained on more bits. */
function multipliedUp({ width, height, channels, data }: Pixels, bits: number): Pixels {
  const most = 2 ** bits - 1;
  const deep = new Uint16Array(width * height * channels);
  for (let at = 0; at < deep.length; at++) deep[at] = Math.round(((data[at] as number) * most) / 255);
  return { width, height, channels, data: deep };
}
