import { randomUUID } from 'node:crypto';
import type { SampleHeader } from '../../components/feedback-uploader/spool/stored-sample.ts';

/** A header with every field set, changed as the test needs it. */
export function sampleHeader(changes: Partial<SampleHeader> = {}): SampleHeader {
  const id = changes.id ?? randomUUID();
  return {
    id,
    configId: 'Parts',
    priority: 5,
    bucket: 'samples',
    key: `parts/${id}.jpg`,
    contentType: 'image/jpeg',
    metadata: { 'publish-ts': '2026-01-01 00:00:00.000000' },
    prediction: [0.5, 0.5],
    acceptedAt: Date.UTC(2026, 0, 1),
    ...changes,
  };
}

/** Bytes that differ from sample to sample. */
export function sampleBody(bytes: number, seed = bytes): Buffer {
  const body = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at++) body[at] = (at * 31 + seed * 17) & 0xff;
  return body;
}
