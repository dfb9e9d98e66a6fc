import { copyFile, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, parse } from 'node:path';
import { edgeManifestOf, EDGE_MANIFEST_FILE, packageErrors } from '#packages/model-package';
import type { PackageLimits } from '#packages/model-package';

export function isOnnx(path: string): boolean {
  return path.toLowerCase().endsWith('.onnx');
}

/**
 * Makes `room` the folder of one `.onnx` file, with the files of its weights beside it (`model.onnx.data`, `model.onnx_data`) and a
 * `sagemaker_edge_manifest` that calls the model by the file.
 * @throws EdgeError `package.too-large`
 */
export async function bareFolder(path: string, room: string, { maxBytes }: PackageLimits): Promise<string> {
  const name = basename(path);
  const files = (await readdir(dirname(path))).filter((file) => file === name || /^[._]data/.test(rest(file, name)));
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(dirname(path), file))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes > maxBytes) {
    const message = `${path} is ${bytes} bytes, over the limit of ${maxBytes}`;
    throw packageErrors.error('package.too-large', message, { facts: { package: path } });
  }
  for (const file of files) await copyFile(join(dirname(path), file), join(room, file));
  await writeFile(join(room, EDGE_MANIFEST_FILE), edgeManifestOf({ name: parse(name).name, version: '0' }));
  return room;
}

function rest(file: string, name: string): string {
  return file.startsWith(name) ? file.slice(name.length) : '';
}
