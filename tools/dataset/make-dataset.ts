import { datasetErrors } from './errors.ts';
import type { Dataset, DatasetTask, LabeledObject, LabeledPicture, Picture } from './dataset.ts';
import { labelOf, labelsOf } from './labels-of.ts';
import type { Sample } from './read-samples.ts';
import { splitOf } from './splits.ts';
import type { Shares } from './splits.ts';

export interface DatasetPlan {
  readonly shares: Shares;
  /** Other seeds give other splits. */
  readonly seed: string;
  /** Predictions with lower scores are left out. Default 0. */
  readonly minScore?: number;
  /** Names of the classes in their order, e.g. of labels.txt. With labels of a person, no other one is taken. */
  readonly classes?: readonly string[];
  /** Address of a sample's picture outside of this machine. */
  readonly uriOf: (name: string) => string | undefined;
}

/**
 * A data set of what the models said, for a person to correct; with `labeled`, of what that person said, and of these pictures only.
 * @throws EdgeError `dataset.mixed-tasks`, `dataset.unknown-label`, `dataset.unknown-picture`
 */
export function makeDataset(
  samples: readonly Sample[],
  plan: DatasetPlan,
  labeled?: readonly LabeledPicture[],
): Dataset {
  const taken = labeled === undefined ? samples : samplesOf(labeled, samples);
  const task = labeled === undefined ? taskOf(samples) : taskOfLabels(labeled);
  const byName = new Map(labeled?.map((picture) => [stemOf(picture.name), picture]));
  const named = labeled?.flatMap(({ objects }) => objects.map(({ label }) => label)) ?? [];
  if (plan.classes !== undefined && labeled !== undefined) requireKnown(labeled, plan.classes);
  const labels = labelsOf(labeled === undefined ? taken : [], named, plan.classes);
  const numberOf = new Map(labels.map((label, at) => [label, at]));
  const pictures = taken.map((sample): Picture => {
    const { record, width, height } = sample;
    const said = byName.get(stemOf(record.object));
    const objects = said
      ? said.objects.map(({ label, box }) => ({ classId: numberOf.get(label) ?? 0, ...(box ? { box } : {}) }))
      : predictedOf(sample, numberOf, plan.minScore ?? 0);
    const uri = plan.uriOf(sample.name);
    return {
      name: record.object,
      width,
      height,
      split: splitOf(record, plan.shares, plan.seed),
      objects,
      byPerson: said !== undefined || (task === 'classification' && record.shouldBe !== undefined),
      ...(record.model ? { model: `${record.model.name} ${record.model.version}` } : {}),
      ...(record.shouldBe === undefined ? {} : { shouldBe: record.shouldBe }),
      ...(record.reason === undefined ? {} : { reason: record.reason }),
      ...(uri === undefined ? {} : { uri }),
      takenAt: record.takenAt ?? record.keptAt,
    };
  });
  return { task, labels, pictures };
}

/** Tools change extensions and folders; the name itself is the id of the sample. */
function stemOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1).replace(/\.[^.]+$/, '');
}

function predictedOf(
  { record, outcomes, task }: Sample,
  numberOf: ReadonlyMap<string, number>,
  minScore: number,
): readonly LabeledObject[] {
  const { shouldBe } = record;
  if (task === 'classification' && shouldBe !== undefined) return [{ classId: numberOf.get(shouldBe) ?? 0 }];
  return outcomes.flatMap((outcome) => {
    const { score, box } = outcome;
    if (score < minScore || (task === 'detection' && !box)) return [];
    const classId = numberOf.get(labelOf(outcome)) ?? 0;
    if (!box) return [{ classId, score }];
    const [x0, y0, x1, y1] = box.map((side) => Math.min(1, Math.max(0, side))) as [number, number, number, number];
    return x1 > x0 && y1 > y0 ? [{ classId, score, box: [x0, y0, x1, y1] as const }] : [];
  });
}

function taskOf(samples: readonly Sample[]): DatasetTask {
  const [first] = samples;
  const other = samples.find(({ task }) => task !== first?.task);
  if (first && other)
    throw datasetErrors.error(
      'dataset.mixed-tasks',
      `${first.name} (service ${first.record.service ?? 'unknown'}) has ${NOUNS[first.task]}, ${other.name} (service ${other.record.service ?? 'unknown'}) has ${NOUNS[other.task]}`,
    );
  return first?.task ?? 'detection';
}

const NOUNS: Readonly<Record<DatasetTask, string>> = { detection: 'boxes', classification: 'one class' };

function taskOfLabels(labeled: readonly LabeledPicture[]): DatasetTask {
  const objects = labeled.flatMap((picture) => picture.objects.map((object) => ({ picture, object })));
  const [boxed, plain] = [objects.find(({ object }) => object.box), objects.find(({ object }) => !object.box)];
  if (boxed && plain)
    throw datasetErrors.error(
      'dataset.mixed-tasks',
      `the labels of ${boxed.picture.name} are boxes, those of ${plain.picture.name} one class`,
    );
  return plain ? 'classification' : 'detection';
}

function samplesOf(labeled: readonly LabeledPicture[], samples: readonly Sample[]): readonly Sample[] {
  const byStem = new Map(samples.map((sample) => [stemOf(sample.record.object), sample]));
  const unknown = labeled.filter(({ name }) => !byStem.has(stemOf(name)));
  const [first] = unknown;
  if (first)
    throw datasetErrors.error(
      'dataset.unknown-picture',
      `${unknown.length} of ${labeled.length} labeled pictures are not among the samples, the first is "${first.name}"`,
    );
  const wanted = new Set(labeled.map(({ name }) => stemOf(name)));
  return samples.filter(({ record }) => wanted.has(stemOf(record.object)));
}

function requireKnown(labeled: readonly LabeledPicture[], classes: readonly string[]): void {
  for (const { name, objects } of labeled)
    for (const { label } of objects)
      if (!classes.includes(label))
        throw datasetErrors.error(
          'dataset.unknown-label',
          `the label "${label}" of ${name} is none of the classes: ${classes.join(', ')}`,
        );
}
