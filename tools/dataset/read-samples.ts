import path from 'node:path';
import sharp from 'sharp';
import { messageOf } from '#packages/foundation';
import { parseRecord, readPrediction } from '#packages/samples';
import type { Outcome, SampleRecord } from '#packages/samples';
import { datasetErrors } from './errors.ts';
import type { DatasetTask } from './dataset.ts';
import { inParallel } from '../cloud/in-parallel.ts';
import type { SamplePlace } from './sample-place.ts';

export interface SampleChoice {
  /** Only samples that a person kept in the console. */
  readonly marked: boolean;
  /** Only samples of this service. */
  readonly service?: string;
}

export interface Sample {
  readonly record: SampleRecord;
  /** Of the picture, in its place. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly task: DatasetTask;
  /** The model's answer: boxes, or the best class. */
  readonly outcomes: readonly Outcome[];
}

export interface ReadSamples {
  readonly samples: readonly Sample[];
  /** Records that are not part of the data set, by the reason. */
  readonly leftOut: Readonly<Record<'not chosen' | 'no picture' | 'picture missing' | 'twice', number>>;
}

/** Downloads at once. */
const PARALLEL = 8;

/**
 * Every sample of the place with its record, in the order of their names.
 * @throws EdgeError `dataset.no-samples`, `dataset.place-unreadable`, `dataset.image-unreadable`, `sampling.record-invalid`, `sampling.prediction-not-understood`
 */
export async function readSamples(place: SamplePlace, choice: SampleChoice, signal: AbortSignal): Promise<ReadSamples> {
  const names = [...(await place.names(signal))].sort();
  const known = new Set(names);
  const leftOut = { 'not chosen': 0, 'no picture': 0, 'picture missing': 0, twice: 0 };
  const found = await inParallel(names.filter(isRecord), PARALLEL, async (name) => {
    const record = parseRecord((await place.read(name, signal)).toString('utf8'), `${place.where}/${name}`);
    return { record, name: path.posix.join(path.posix.dirname(name), record.object) };
  });
  const ids = new Set<string>();
  const chosen = found.filter(({ record, name }) => {
    const why = reasonAgainst(record, choice) ?? (known.has(name) ? undefined : 'picture missing');
    const twice = why ?? (ids.has(record.id) ? 'twice' : undefined);
    if (twice !== undefined) leftOut[twice]++;
    else ids.add(record.id);
    return twice === undefined;
  });
  if (chosen.length === 0) throw noSamples(place, names.length, found.length, leftOut);
  const samples = await inParallel(chosen, PARALLEL, ({ record, name }) => sampleOf(place, record, name, signal));
  return { samples, leftOut };
}

function isRecord(name: string): boolean {
  return name.endsWith('.json');
}

function reasonAgainst(
  record: SampleRecord,
  { marked, service }: SampleChoice,
): 'not chosen' | 'no picture' | undefined {
  const isMarked = record.shouldBe !== undefined || record.metadata['kept-by'] === 'console';
  if ((marked && !isMarked) || (service !== undefined && record.service !== service)) return 'not chosen';
  return record.contentType.startsWith('image/') ? undefined : 'no picture';
}

async function sampleOf(place: SamplePlace, record: SampleRecord, name: string, signal: AbortSignal): Promise<Sample> {
  const bytes = await place.read(name, signal);
  const { autoOrient } = await sharp(bytes)
    .metadata()
    .catch((cause: unknown) => {
      const message = `${place.where}/${name} is not a picture that can be read: ${messageOf(cause)}`;
      throw datasetErrors.error('dataset.image-unreadable', message, { cause });
    });
  const { kind, outcomes } = readPrediction(record.prediction ?? []);
  if (kind === 'detections') return { record, name, ...autoOrient, task: 'detection', outcomes };
  const best = outcomes.reduce((one, other) => (other.score > one.score ? other : one));
  return { record, name, ...autoOrient, task: 'classification', outcomes: [best] };
}

function noSamples(
  { where }: SamplePlace,
  files: number,
  records: number,
  leftOut: Readonly<Record<string, number>>,
): Error {
  const reasons = Object.entries(leftOut).flatMap(([reason, count]) => (count === 0 ? [] : [`${count} ${reason}`]));
  const left = reasons.length === 0 ? '' : `: ${reasons.join(', ')}`;
  return datasetErrors.error(
    'dataset.no-samples',
    `${where} does not have a sample for the data set: ${files} files, ${records} records of samples${left}`,
  );
}
