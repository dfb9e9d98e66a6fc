import { copyFile, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_PACKAGE_LIMITS, unpackArchive } from '#packages/model-package';

/**
 * Makes a folder of a file: an archive (told by content) is unpacked, plain files and folders only; anything else is
 * taken to be a model and copied under its own name.
 * @throws EdgeError `archive.*`
 */
export async function unfold(
  file: string,
  name: string,
  target: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string> {
  await mkdir(target, { recursive: true });
  if (await isArchive(file)) {
    return unpackArchive(file, target, { limits: { ...DEFAULT_PACKAGE_LIMITS, maxBytes }, signal });
  }
  await copyFile(file, path.join(target, /\.onnx$/i.test(name) ? name : 'model.onnx'));
  return target;
}

/** Zip, or gzip (which is taken to hold a tar). An ONNX file is a protobuf message and begins with neither. */
export async function isArchive(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const magic = Buffer.alloc(4);
    await handle.read(magic, 0, 4, 0);
    return magic.toString('latin1', 0, 2) === 'PK' || (magic[0] === 0x1f && magic[1] === 0x8b);
  } finally {
    await handle.close();
  }
}
