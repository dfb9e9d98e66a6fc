import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { drawPredictions } from '../../components/inference-app/annotation/draw-predictions.ts';
import { sniffImage } from '../../components/inference-agent/vision/image/sniff.ts';
import type { Answer } from './predict-source.ts';

const CONTENT_TYPES = { jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp', npy: 'application/x-npy' } as const;

/** Draws as the application does, and returns the path of the picture: `<name of the image>.annotated.jpg`. */
export async function writeAnnotated(
  folder: string,
  image: string,
  bytes: Uint8Array,
  answer: Answer,
): Promise<string> {
  const picture = await drawPredictions(
    { bytes, contentType: CONTENT_TYPES[sniffImage(bytes)] },
    { width: answer.width, height: answer.height },
    answer.predictions,
    { maxEdge: 1920, quality: 88 },
  );
  const file = path.join(folder, `${path.parse(image).name}.annotated.jpg`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, picture);
  return file;
}
