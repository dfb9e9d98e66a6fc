import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A fresh folder for one test, and its removal. */
export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'edgeml-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Writes files, making folders as needed. */
export async function writeFiles(dir: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
}

/** A manifest that is valid; what the tests vary goes on top. */
export function manifestWith(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    schemaVersion: 1,
    name: 'Parts',
    version: '1.0.0',
    task: 'image-classification',
    input: { width: 8, height: 8 },
    output: { decoder: 'classification' },
    labels: 'labels.txt',
    variants: [{ file: 'model.onnx' }],
    golden: [{ input: 'golden/a.png', expect: 'golden/a.json' }],
    ...changes,
  };
}

/** A package whose files are all there; the model itself is not real. */
export async function writePackage(
  dir: string,
  changes: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<string> {
  await writeFiles(dir, {
    'model.json': JSON.stringify(manifestWith(changes)),
    'model.onnx': 'weights',
    'labels.txt': 'bolt\nnut\n',
    'golden/a.png': 'pixels',
    'golden/a.json': '[]',
    ...files,
  });
  return dir;
}
