import type { Orientation } from '#packages/raster';

import { visionErrors } from '../errors.ts';
import { readExifOrientation } from './exif.ts';

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 gray, 3 color, 4 CMYK or YCCK. */
  readonly components: number;
  readonly bitsPerSample: number;
  readonly progressive: boolean;
  readonly orientation: Orientation;
}

/** Scans of a progressive file that a decoder must work through in full; more is an attack. */
const MAX_SCANS = 500;

/**
 * Reads the marker segments up to the first frame header (ITU-T T.81, annex B), without decoding.
 * @throws EdgeError `image.corrupt`
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  let orientation: Orientation = 1;
  let at = 2;
  for (;;) {
    while (at < bytes.length && bytes[at] !== 0xff) at++;
    while (at < bytes.length && bytes[at] === 0xff) at++;
    const marker = bytes[at++];
    if (marker === undefined) throw corrupt('it ends before the frame header', bytes);
    if (marker === 0x00 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    if (marker === 0xd9 || marker === 0xda) throw corrupt('it has no frame header', bytes);
    if (at + 2 > bytes.length) throw corrupt('it ends within a segment', bytes);
    const length = uint16(bytes, at);
    if (length < 2) throw corrupt(`segment 0xff${marker.toString(16)} has the length ${length}`, bytes);
    if (at + length > bytes.length) throw corrupt('it ends within a segment', bytes);
    const body = bytes.subarray(at + 2, at + length);
    if (marker === 0xe1 && orientation === 1) orientation = readExifOrientation(body);
    if (isFrame(marker)) return frameHeader(marker, body, orientation, bytes);
    at += length;
  }
}

function frameHeader(marker: number, body: Uint8Array, orientation: Orientation, bytes: Uint8Array): JpegHeader {
  if (body.length < 6) throw corrupt('its frame header is too short', bytes);
  const header = {
    bitsPerSample: body[0] as number,
    height: uint16(body, 1),
    width: uint16(body, 3),
    components: body[5] as number,
    progressive: marker === 0xc2,
    orientation,
  };
  if (header.width === 0 || header.height === 0) throw corrupt(`its size is ${header.width}×${header.height}`, bytes);
  if (header.progressive) refuseScanBomb(bytes);
  return header;
}

function refuseScanBomb(bytes: Uint8Array): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let scans = 0;
  for (let at = buffer.indexOf(SCAN, 2); at >= 0; at = buffer.indexOf(SCAN, at + 2)) {
    if (++scans > MAX_SCANS) {
      throw visionErrors.error('image.unsupported', `the progressive JPEG has more than ${MAX_SCANS} scans`, {
        facts: { format: 'JPEG' },
      });
    }
  }
}

const SCAN = Buffer.from([0xff, 0xda]);

/** SOF0 to SOF15 without DHT (c4), JPG (c8) and DAC (cc). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function corrupt(what: string, bytes: Uint8Array): Error {
  return visionErrors.error('image.corrupt', `the JPEG of ${bytes.length} bytes cannot be read: ${what}`);
}
