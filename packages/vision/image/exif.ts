import type { Orientation } from '#packages/raster';

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;

/**
 * Orientation out of an APP1 segment ("Exif\0\0" and a TIFF header) or a bare TIFF header; 1 if it is absent or nonsense.
 * Source: CIPA DC-008 (Exif 2.32), 4.5.2 and 4.6.4; TIFF 6.0, section 2.
 */
export function readExifOrientation(segment: Uint8Array): Orientation {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  const start = isExif(segment) ? 6 : 0;
  if (view.byteLength < start + 8) return 1;
  const order = view.getUint16(start);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  if (view.getUint16(start + 2, little) !== 42) return 1;
  const directory = start + view.getUint32(start + 4, little);
  if (directory + 2 > view.byteLength) return 1;
  const entries = view.getUint16(directory, little);
  for (let index = 0; index < entries; index++) {
    const entry = directory + 2 + 12 * index;
    if (entry + 12 > view.byteLength) return 1;
    if (view.getUint16(entry, little) !== ORIENTATION_TAG || view.getUint16(entry + 2, little) !== SHORT) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

function isExif(segment: Uint8Array): boolean {
  return EXIF.every((byte, index) => segment[index] === byte);
}

const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];
