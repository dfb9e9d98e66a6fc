import { visionErrors } from '../errors.ts';

/** Width and height from the IHDR chunk. Source: W3C PNG (third edition), 11.2.1. */
export function readPngHeader(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33 || view.getUint32(12) !== 0x49484452) throw corrupt(bytes, 'it ends before its header');
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (width === 0 || height === 0) throw corrupt(bytes, `its size is ${width}×${height}`);
  return { width, height };
}

/** Whether the values of pixels have 16 bits. */
export function isDeepPng(bytes: Uint8Array): boolean {
  return bytes[1] === 0x50 && bytes[24] === 16;
}

function corrupt(bytes: Uint8Array, what: string): Error {
  return visionErrors.error('image.corrupt', `the PNG of ${bytes.length} bytes cannot be read: ${what}`);
}
