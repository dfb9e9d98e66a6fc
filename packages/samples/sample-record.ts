import * as z from 'zod';
import { messageOf } from '#packages/foundation';
import { sampleErrors } from './errors.ts';

const text = z.string().max(2_048);
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'is a time in UTC as ISO 8601 has it');

/** The JSON beside a sample: what was said of it, by which model, and the reason for keeping it. */
export const sampleRecordSchema = z.object({
  schemaVersion: z.literal(1),
  /** UUID, in messages too. */
  id: text,
  /** Name of the sample, which lies in the same folder. */
  object: text.regex(/^[^/\\]+$/, 'is a name without folders'),
  contentType: text,
  configId: text,
  /** Device. */
  thing: text,
  /** ISO 8601: when the uploader took it, and when the picture was taken if somebody said so. */
  keptAt: time,
  takenAt: time.optional(),
  /** Comparison that decided, in words and numbers. */
  reason: text.optional(),
  service: text.optional(),
  model: z.object({ name: text, version: text }).optional(),
  source: text.optional(),
  /** How unusual the picture and its answer are beside the model's baseline: see `Deviation` of docs/drift.md. */
  deviation: z.object({ feature: text, share: z.number().min(0).max(1) }).optional(),
  /** As it was given: probabilities, rows of the old connectors, or a list of `{classId, label, score, box}`. */
  prediction: z.unknown(),
  /** Class that a person named when he kept the sample. */
  shouldBe: text.optional(),
  redaction: text.optional(),
  /** Metadata of the object. */
  metadata: z.record(z.string(), z.string()),
});

export type SampleRecord = z.output<typeof sampleRecordSchema>;

/** Key of the JSON beside a sample: the sample's with another extension. A sample that is JSON itself keeps its own. */
export function recordKey(sampleKey: string): string {
  const folderEnd = sampleKey.lastIndexOf('/') + 1;
  const [folder, name] = [sampleKey.slice(0, folderEnd), sampleKey.slice(folderEnd)];
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot <= 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
  return `${folder}${extension.toLowerCase() === '.json' ? name : stem}.json`;
}

/**
 * Reads the JSON beside a sample.
 * @param source for messages, e.g. a path
 * @throws EdgeError `sampling.record-invalid`
 */
export function parseRecord(json: string, source: string): SampleRecord {
  try {
    return sampleRecordSchema.parse(JSON.parse(json));
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : [];
    const why = issue ? `/${issue.path.join('/')}: ${issue.message}` : messageOf(cause);
    throw sampleErrors.error('sampling.record-invalid', `${source} is not the record of a sample: ${why}`, { cause });
  }
}
