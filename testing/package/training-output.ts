import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pack } from 'tar-stream';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { ZipFile } from 'yazl';
import { COLOR_MANIFEST } from '../vision/color-manifest.ts';
import { BLUE, GREEN, plain, RED } from '../vision/images.ts';
import { meanColorModel } from '../vision/onnx-builder.ts';
import { writeFiles } from '../agent/package-folder.ts';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** The output of a training job: a classifier of plain colors, as small as a model can be, and images to try it on. */
export interface TrainingOutput {
  readonly dir: string;
  /** Writes files below the folder and returns the path of the first. */
  write(files: Files): Promise<string>;
  image(color: keyof typeof COLORS, name?: string): Promise<string>;
  remove(): Promise<void>;
}

const COLORS = { red: RED, green: GREEN, blue: BLUE } as const;

export async function trainingOutput(): Promise<TrainingOutput> {
  const dir = await mkdtemp(path.join(tmpdir(), 'edgeml-packaging-'));
  return {
    dir,
    async write(files) {
      await writeFiles(dir, files);
      return path.join(dir, Object.keys(files)[0] ?? '');
    },
    async image(color, name = `${color}.png`) {
      await mkdir(path.join(dir, 'images'), { recursive: true });
      const file = path.join(dir, 'images', name);
      await writeFile(file, await plain(COLORS[color]).png().toBuffer());
      return file;
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** The model; another `scale` gives other scores. */
export function colorModel(scale = 1): Uint8Array {
  return meanColorModel(8, { scale });
}

export const LABELS = 'red\ngreen\nblue\n';

/** Keys of model.json that cannot be told from the ONNX file. */
export const MANIFEST = JSON.stringify({ input: { mean: 0, std: 255 }, output: { activation: 'none' } });

/** The same as a complete package. */
export function colorPackage(changes: object = {}): Files {
  const manifest = { ...COLOR_MANIFEST, ...changes };
  return { 'model.json': JSON.stringify(manifest), 'model.onnx': colorModel(), 'labels.txt': LABELS };
}

export async function tarOf(files: Files): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, Buffer.from(content));
  tar.finalize();
  return gzipSync(await buffer(Readable.from(tar as AsyncIterable<Buffer>)));
}

export async function zipOf(files: Files): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  return buffer(zip.outputStream);
}
