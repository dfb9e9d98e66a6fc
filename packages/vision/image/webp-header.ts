import { visionErrors } from '../errors.ts';

/** Width and height of the canvas. Source: RFC 9649, 2.5 to 2.7 (VP8, VP8L, VP8X). */
export function readWebpHeader(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  if (bytes.length < 30) throw corrupt(bytes, 'it ends before its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const uint24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (view.getUint32(12)) {
    case 0x56503858: // "VP8X"
      return { width: uint24(24) + 1, height: uint24(27) + 1 };
    case 0x5650384c: {
      // "VP8L"
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 0x56503820: {
      // "VP8 "
      const width = view.getUint16(26, true) & 0x3fff;
      const height = view.getUint16(28, true) & 0x3fff;
      if (width === 0 || height === 0) throw corrupt(bytes, `its size is ${width}×${height}`);
      return { width, height };
    }
    default:
      throw corrupt(bytes, 'its first chunk is not an image');
  }
}

function corrupt(bytes: Uint8Array, what: string): Error {
  return visionErrors.error('image.corrupt', `the WebP of ${bytes.length} bytes cannot be read: ${what}`);
}
