import type { ImageFile } from './image-file.ts';

/**
 * What a request asks about, on its way to an instance: the bytes of an image, which belong to whoever takes them, with all of the
 * memory that they lie in; or an image file, which only the model's process reads.
 */
export type Picture = Uint8Array<ArrayBuffer> | ImageFile;

/** Memory of the agent that the picture lies in, to be used again after the answer. */
export function memoryOfPicture(picture: Picture): ArrayBuffer | undefined {
  return picture instanceof Uint8Array ? picture.buffer : undefined;
}
