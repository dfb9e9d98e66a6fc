import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { drawPredictions } from '#packages/annotation';
import { sniffImage } from '#packages/vision';
import type { Answer } from './predict-source.ts';

const CONTENT_TYPES = { jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp', npy: 'application/x-npy' } as const;

/** Draws as the application does, and returns the path of the picture: `<name of the image>.annotated.jpg`. */
export async function writeAnnotated(
  folder: string,
  image: string,
  bytes: Uint8Array,
  answer: Answer,
): Promise<string> {
  const picture = await annotatedPicture(bytes, answer, 1920);
  const file = path.join(folder, `${path.parse(image).name}.annotated.jpg`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, picture);
  return file;
}

/** The picture with its predictions drawn on, as JPEG. @param maxEdge longest edge in pixels */
export function annotatedPicture(
  bytes: Uint8Array,
  { width, height, predictions }: Pick<Answer, 'width' | 'height' | 'predictions'>,
  maxEdge: number,
): Promise<Buffer> {
  const image = { bytes, contentType: CONTENT_TYPES[sniffImage(bytes)] };
  return drawPredictions(image, { width, height }, predictions, { maxEdge, quality: 88 });
}
