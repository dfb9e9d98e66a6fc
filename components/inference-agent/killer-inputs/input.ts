import { createHash } from 'node:crypto';
import { frameBytes, readFrame } from '#packages/frames';
import type { PlacedFrame } from '#packages/frames';
import type { NamedTensors } from '#packages/vision';
import { isFrame } from '../picture/picture.ts';
import type { Picture } from '../picture/picture.ts';

/** The bytes of an input, in order: an image, or one tensor after the other. Empty once they have been moved to a thread. */
export type InputParts = readonly Uint8Array[];

/** An input of which no more than this is left. */
export interface HashedInput {
  readonly bytes: number;
  /** As `hashOf` gives it. */
  readonly sha256: string;
}

/** The part of a request that tells inputs apart. */
export interface Input {
  readonly bytes: number;
  /** Whether the same bytes may well come again; no two frames of a camera are the same. */
  readonly recurs: boolean;
  /** @throws EdgeError `invoke.file-unreadable`, `frames.stale` */
  parts(): Promise<InputParts>;
  /** The same at once, for inputs of which a copy costs little. @throws what `parts` rejects with */
  partsNow(): InputParts;
}

export function inputOfPicture(picture: Picture): Input {
  if (picture instanceof Uint8Array) return atHand(picture.byteLength, true, () => [picture]);
  if (isFrame(picture)) return atHand(frameBytes(picture.layout), false, () => [pixelsOf(picture)]);
  const partsNow = (): InputParts => [picture.readNow()];
  return { bytes: picture.bytes, recurs: true, parts: async () => [await picture.read()], partsNow };
}

function atHand(bytes: number, recurs: boolean, partsNow: () => InputParts): Input {
  return { bytes, recurs, parts: async () => partsNow(), partsNow };
}

function pixelsOf(frame: PlacedFrame): Uint8Array {
  const pixels = Buffer.alloc(frameBytes(frame.layout));
  readFrame(frame, pixels);
  return pixels;
}

export function inputOfTensors(tensors: NamedTensors): Input {
  const parts = Object.values(tensors).map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return atHand(bytesIn(parts), true, () => parts);
}

export function bytesIn(parts: InputParts): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** SHA-256 over all parts, hexadecimal: of an image that of its file. */
export function hashOf(parts: InputParts): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
