import { crc32 } from 'node:zlib';
import { checkedLine, checksumHex, readCheckedLine } from '#packages/foundation';

/** A sample's metadata. Stored in front of them, so that a file explains itself. */
export interface SampleHeader {
  /** UUID: the request's id, and the name of the object. */
  readonly id: string;
  readonly configId: string;
  /** 0..9, 9 is the most important. */
  readonly priority: number;
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  /** Object metadata, `publish-ts` among them. */
  readonly metadata: Readonly<Record<string, string>>;
  /** As it was given. */
  readonly prediction: unknown;
  /** Wall clock, milliseconds since the epoch. */
  readonly acceptedAt: number;
  /** Reason for keeping it: the comparison of its strategy, or `chosen by hand`; absent in samples of an earlier version. */
  readonly because?: string;
  /** The areas that were hidden in the image before it was stored. */
  readonly redaction?: RedactionRecord;
}

export interface RedactionRecord {
  readonly mode: 'blur' | 'black';
  readonly polygons: number;
  readonly boxes: number;
}

export interface StoredSample {
  readonly header: SampleHeader;
  readonly body: Buffer;
}

/** Bytes of the file of a sample: a checked line with header, length and checksum of the body, then the body. */
export function encodeSample(header: SampleHeader, body: Uint8Array): readonly Uint8Array[] {
  return [checkedLine({ v: VERSION, ...header, bodyBytes: body.length, bodyCrc: checksumHex(crc32(body)) }), body];
}

/** The sample in the bytes of a file; undefined if any of it is damaged. */
export function decodeSample(file: Buffer): StoredSample | undefined {
  const end = file.indexOf('\n');
  if (end < 0) return undefined;
  const line = readCheckedLine(file.subarray(0, end)) as StoredLine | undefined;
  if (line?.v !== VERSION) return undefined;
  const { v: _v, bodyBytes, bodyCrc, ...header } = line;
  const body = file.subarray(end + 1);
  return body.length === bodyBytes && checksumHex(crc32(body)) === bodyCrc ? { header, body } : undefined;
}

type StoredLine = SampleHeader & { readonly v: number; readonly bodyBytes: number; readonly bodyCrc: string };

const VERSION = 1;
const SUFFIX = '.sample';

export function sampleFile(id: string): string {
  return `${id}${SUFFIX}`;
}

/** Id of the sample that a file belongs to; undefined for other files. */
export function sampleIdOf(file: string): string | undefined {
  return file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : undefined;
}
