import { open } from 'node:fs/promises';
import { messageOf } from '#packages/foundation';
import { appErrors } from '../errors.ts';
import type { LoadedImage } from './frame.ts';

const CONTENT_TYPES = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  bmp: 'image/bmp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  npy: 'application/x-npy',
  npz: 'application/x-npz',
} as const;

/** Whether a file name is an image's, or that of arrays for models that take tensors: known ending in any case; not hidden, so that half-written temporary files stay out. */
export function isImageName(name: string): boolean {
  return !name.startsWith('.') && extensionOf(name) in CONTENT_TYPES;
}

/**
 * Reads a whole image file.
 *
 * @throws EdgeError `source.file-gone`, `source.file-unreadable`, `source.file-too-large`
 */
export async function readImageFile(path: string, maxBytes: number): Promise<LoadedImage> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > maxBytes) throw tooLarge(path, size, maxBytes);
      const contentType = CONTENT_TYPES[extensionOf(path) as keyof typeof CONTENT_TYPES] ?? 'application/octet-stream';
      return { bytes: await file.readFile(), contentType };
    } finally {
      await file.close();
    }
  } catch (thrown) {
    throw readError(path, thrown);
  }
}

function extensionOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1).toLowerCase();
}

function tooLarge(path: string, size: number, maxBytes: number): Error {
  const message = `${path} has ${megabytes(size)} MB; images of up to ${megabytes(maxBytes)} MB are read`;
  return appErrors.error('source.file-too-large', message, { facts: { path, size, maxBytes } });
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function readError(path: string, thrown: unknown): unknown {
  const code = (thrown as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOENT') {
    return appErrors.error('source.file-gone', `${path} is not there, or not any more`, {
      cause: thrown,
      facts: { path },
    });
  }
  if (/^E[A-Z]+$/.test(code)) {
    const message = `${path} cannot be read: ${messageOf(thrown)}`;
    return appErrors.error('source.file-unreadable', message, { cause: thrown, facts: { path, code } });
  }
  return thrown;
}
