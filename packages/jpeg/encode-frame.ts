import type { RawFrame } from '#packages/frames';

import { encodePicture } from './encode-picture.ts';
import type { EncodeOptions } from './encode-picture.ts';
import { PictureMaker } from './picture-maker.ts';

/** Its memory is that of the largest frame so far. */
let maker: PictureMaker | undefined;

/**
 * A raw frame as JPEG: 4:2:0, BT.601 in full range, whatever the frame has, so that every reader sees the colors that the model saw.
 * On the calling thread, about 4 ms for 1920×1080; the frame may change once this has returned, before the promise resolves.
 * @throws EdgeError `jpeg.not-encoded`
 */
export function encodeFrame(frame: RawFrame, options: EncodeOptions): Promise<Buffer> {
  maker ??= new PictureMaker();
  return encodePicture(maker.make(frame), options);
}
