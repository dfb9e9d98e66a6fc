import { readFile, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMissing } from '#packages/foundation';
import { readEvent, referencesOf, withReferences } from '../event/read-events.ts';
import type { CaptureUpload } from './capture-upload.ts';
import { contentTypeOf, LINES_TYPE } from './content-type.ts';

/**
 * Moves a finished file and those beside it into the bucket, under the same path; its references then name the bucket.
 * A move that a crash interrupts is done again, with the same keys and the same content.
 *
 * @returns bytes that are free now
 */
export async function moveFile(
  upload: CaptureUpload,
  place: { readonly root: string; readonly path: string; readonly bucket: string },
  signal: AbortSignal,
): Promise<number> {
  const { root, path, bucket } = place;
  const text = await readFile(join(root, path), 'utf8');
  const sideFiles = new Set<string>();
  const lines = text.split('\n').map((line) => {
    const event = readEvent(line);
    // A file that cannot be read is uploaded as it is: its writer may know why.
    if (!event) return line;
    for (const reference of referencesOf(event)) {
      const key = keyOf(root, reference);
      if (key !== undefined) sideFiles.add(key);
    }
    return JSON.stringify(withReferences(event, (reference) => remoteReference(root, bucket, reference)));
  });
  let bytes = Buffer.byteLength(text);
  for (const key of sideFiles) bytes += await uploadSideFile(upload, { root, bucket, key }, signal);
  const body = Buffer.from(lines.join('\n'));
  await upload.uploadSampleData({ bucket, key: path, body, contentType: LINES_TYPE }, signal);
  for (const key of sideFiles) await rm(join(root, key), { force: true });
  await rm(join(root, path), { force: true });
  return bytes;
}

async function uploadSideFile(
  upload: CaptureUpload,
  { root, bucket, key }: { readonly root: string; readonly bucket: string; readonly key: string },
  signal: AbortSignal,
): Promise<number> {
  const file = join(root, key);
  const found = await stat(file).catch((error: unknown) => {
    // Side files go first: before the crash that brought us here again it was uploaded.
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!found) return 0;
  const body = { file, bytes: found.size };
  await upload.uploadSampleData({ bucket, key, body, contentType: contentTypeOf(key) }, signal);
  return found.size;
}

function remoteReference(root: string, bucket: string, reference: string): string {
  const key = keyOf(root, reference);
  return key === undefined ? reference : `s3://${bucket}/${key}`;
}

/** Path below the folder of captured data that a reference means; undefined if it means something else. */
function keyOf(root: string, reference: string): string | undefined {
  if (!reference.startsWith('file:')) return undefined;
  const path = relative(root, fileURLToPath(reference)).split(sep).join('/');
  return path === '' || path.startsWith('../') ? undefined : path;
}
