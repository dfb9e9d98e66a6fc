import * as z from 'zod';
import { SPLITS } from '../dataset.ts';
import type { Dataset, DatasetFormat, LabeledObject, LabeledPicture, LabelFiles, Picture } from '../dataset.ts';
import { baseName, boxOfCorners, parseJson, parseWith, unreadable } from './reading.ts';

/**
 * SageMaker Ground Truth: `input.manifest`, one object a line, for a labeling job (docs.aws.amazon.com/sagemaker, "Input manifest file"),
 * and `<split>.manifest`, augmented manifests as jobs write them ("Augmented manifest"), for jobs that verify labels and for training.
 */
export const groundTruth: DatasetFormat = {
  tasks: ['detection', 'classification'],
  byAddress: true,
  folderOf: () => 'images',
  foldersOf: () => [],
  write(dataset, { addressOf }) {
    const input = dataset.pictures.map((picture) => ({ 'source-ref': addressOf(picture) }));
    const augmented = SPLITS.map((split) => {
      const own = dataset.pictures.filter((picture) => picture.split === split);
      return [`${split}.manifest`, own.map((picture) => lineOf(picture, dataset, addressOf(picture)))] as const;
    });
    return new Map([['input.manifest', input] as const, ...augmented].map(([name, lines]) => [name, textOf(lines)]));
  },
  async recognizes(place) {
    const [name] = manifests(place);
    return name !== undefined && /^\s*\{.*"source-ref"/.test(await place.text(name));
  },
  async read(place) {
    const files = await Promise.all(
      manifests(place).map(async (name) => readManifest(await place.text(name), `${place.where}/${name}`)),
    );
    return files.flat();
  },
};

/** Names of the label attributes. */
const [BOXES, CLASS] = ['bounding-box', 'class'] as const;

function textOf(lines: readonly object[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function lineOf({ objects, ...picture }: Picture, { task, labels }: Dataset, address: string): object {
  const source = { 'source-ref': address };
  const common = {
    'human-annotated': picture.byPerson ? 'yes' : 'no',
    'creation-date': picture.takenAt.replace(/(\.\d+)?Z$/, ''),
    'job-name': `edgeml/${picture.byPerson ? 'labels' : (picture.model ?? 'unknown').replaceAll(' ', '-')}`,
  };
  if (task === 'detection') {
    const size = { width: picture.width, height: picture.height, depth: 3 };
    const used = [...new Set(objects.map(({ classId }) => classId))].sort((a, b) => a - b);
    return {
      ...source,
      [BOXES]: { image_size: [size], annotations: objects.flatMap((object) => pixelsOf(object, picture)) },
      [`${BOXES}-metadata`]: {
        objects: objects.map(({ score = 1 }) => ({ confidence: score })),
        'class-map': Object.fromEntries(used.map((classId) => [classId, labels[classId] ?? ''])),
        type: 'groundtruth/object-detection',
        ...common,
      },
    };
  }
  const [object] = objects;
  if (!object) return source;
  const named = { 'class-name': labels[object.classId] ?? '', confidence: object.score ?? 1 };
  const type = 'groundtruth/image-classification';
  return { ...source, [CLASS]: object.classId, [`${CLASS}-metadata`]: { ...named, type, ...common } };
}

/** Whole pixels, at least one, inside the picture. */
function pixelsOf({ classId, box }: LabeledObject, { width, height }: Pick<Picture, 'width' | 'height'>) {
  if (!box) return [];
  const [left, top] = [
    Math.min(width - 1, Math.round(box[0] * width)),
    Math.min(height - 1, Math.round(box[1] * height)),
  ];
  const [right, bottom] = [
    Math.max(left + 1, Math.round(box[2] * width)),
    Math.max(top + 1, Math.round(box[3] * height)),
  ];
  return [{ class_id: classId, left, top, width: right - left, height: bottom - top }];
}

const boxLabel = z.object({
  image_size: z.tuple([z.object({ width: z.number().positive(), height: z.number().positive() })]),
  annotations: z.array(
    z.object({ class_id: z.number(), left: z.number(), top: z.number(), width: z.number(), height: z.number() }),
  ),
});
const boxMetadata = z.object({ 'class-map': z.record(z.string(), z.string()) });
const classMetadata = z.object({ 'class-name': z.string() });
const line = z.object({ 'source-ref': z.string() }).loose();

function manifests({ names }: LabelFiles): readonly string[] {
  return names.filter((name) => /\.(?:manifest|jsonl)$/.test(name));
}

/** Lines without a label are left out, as those of an input manifest or of a failed task. */
function readManifest(text: string, where: string): readonly LabeledPicture[] {
  return text.split('\n').flatMap((row, at) => {
    if (row.trim() === '') return [];
    const place = `${where}:${at + 1}`;
    const value = parseWith(line, parseJson(row, place), place);
    const types = Object.entries(value).flatMap(([key, data]) =>
      key.endsWith('-metadata') ? [[key.slice(0, -'-metadata'.length), data, typeOf(data)] as const] : [],
    );
    const [attribute, metadata, type] = types.at(-1) ?? [];
    if (attribute === undefined || value[attribute] === undefined) return [];
    const name = baseName(value['source-ref']);
    if (type === 'groundtruth/image-classification')
      return [
        {
          name,
          objects: [{ label: parseWith(classMetadata, metadata, `${place}: ${attribute}-metadata`)['class-name'] }],
        },
      ];
    if (type !== 'groundtruth/object-detection')
      throw unreadable(
        `${place}: ${attribute}-metadata: the type ${JSON.stringify(type)} is neither groundtruth/object-detection nor groundtruth/image-classification`,
      );
    const { image_size, annotations } = parseWith(boxLabel, value[attribute], `${place}: ${attribute}`);
    const classMap = parseWith(boxMetadata, metadata, `${place}: ${attribute}-metadata`)['class-map'];
    const objects = annotations.map(({ class_id, left, top, width, height }, index) => {
      const pointer = `${place}: ${attribute}/annotations/${index}`;
      const label = classMap[class_id];
      if (label === undefined) throw unreadable(`${pointer}/class_id: the class map does not name ${class_id}`);
      return { label, box: boxOfCorners([left, top, left + width, top + height], image_size[0], pointer) };
    });
    return [{ name, objects }];
  });
}

function typeOf(metadata: unknown): unknown {
  return typeof metadata === 'object' && metadata !== null && 'type' in metadata ? metadata.type : undefined;
}
