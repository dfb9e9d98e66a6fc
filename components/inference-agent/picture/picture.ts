import type { PlacedFrame } from '#packages/frames';
import type { ImageFile } from './image-file.ts';

/**
 * The picture of a request, on its way to an instance: the bytes of an image, which belong to whoever takes them, with all of the
 * memory that they lie in; an image file; or a frame of a camera. File and frame are read by the model's process alone.
 */
export type Picture = LoadedPicture | ImageFile;

/** A picture as it reaches the model's thread. */
export type LoadedPicture = Uint8Array<ArrayBuffer> | PlacedFrame;

export function isFrame(picture: Picture): picture is PlacedFrame {
  return 'ring' in picture;
}

/** Memory of the agent that the picture lies in, to be used again after the answer. */
export function memoryOfPicture(picture: Picture): ArrayBuffer | undefined {
  return picture instanceof Uint8Array ? picture.buffer : undefined;
}

/** The same, as what goes along when the picture is posted to a thread. */
export function transferOf(picture: LoadedPicture): ArrayBuffer[] {
  return picture instanceof Uint8Array ? [picture.buffer] : [];
}
