import sharp from 'sharp';
import { COLOR_MANIFEST } from '../vision/color-manifest.ts';
import { meanColorModel } from '../vision/onnx-builder.ts';
import { writeFiles } from './package-folder.ts';

/** A plain picture, 8 pixels to a side. */
export function plainPicture(r: number, g: number, b: number): Promise<Buffer> {
  const create = { width: 8, height: 8, channels: 3, background: { r, g, b } } as const;
  return sharp({ create }).png().toBuffer();
}

/** A real classifier that scores red, green and blue by how much of each is in the picture, with one golden case. */
export async function colorPackage(
  dir: string,
  changes: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<string> {
  const manifest = {
    ...COLOR_MANIFEST,
    golden: [{ input: 'golden/red.png', expect: 'golden/red.json' }],
    ...changes,
  };
  await writeFiles(dir, {
    'model.json': JSON.stringify(manifest),
    'model.onnx': meanColorModel(8),
    'labels.txt': 'red\ngreen\nblue\n',
    'golden/red.png': await plainPicture(255, 0, 0),
    'golden/red.json': JSON.stringify([{ classId: 0, label: 'red', score: 1 }]),
    ...files,
  });
  return dir;
}
