import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { drawPredictions } from '#packages/annotation';
import type { Answer } from './predict-source.ts';

const OPTIONS = { maxEdge: 1920, quality: 88 };

/** Draws as the application does, and returns the path of the picture: `<name of the image>.annotated.jpg`. */
export async function writeAnnotated(
  folder: string,
  image: string,
  bytes: Uint8Array,
  answer: Pick<Answer, 'width' | 'height' | 'predictions'>,
): Promise<string> {
  const picture = await drawPredictions(bytes, answer, answer.predictions, OPTIONS);
  const file = path.join(folder, `${path.parse(image).name}.annotated.jpg`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, picture);
  return file;
}
