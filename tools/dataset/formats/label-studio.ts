import * as z from 'zod';
import { escaped } from '../../twin/report/xml.ts';
import type { Dataset, DatasetFormat, LabeledPicture, LabelFiles, Picture } from '../dataset.ts';
import { baseName, boxOfCorners, parseJson, parseWith, unreadable } from './reading.ts';

/**
 * Label Studio: tasks.json with the models' predictions as pre-annotations (labelstud.io/guide/predictions), and config.xml, the labeling
 * interface. It is read as the tool exports it, in its format "JSON".
 */
export const labelStudio: DatasetFormat = {
  tasks: ['detection', 'classification'],
  byAddress: true,
  folderOf: () => 'images',
  foldersOf: () => [],
  write(dataset, { addressOf }) {
    const tasks = dataset.pictures.map((picture) => taskOf(picture, dataset, addressOf(picture)));
    return new Map([
      ['tasks.json', `${JSON.stringify(tasks, undefined, 1)}\n`],
      ['config.xml', configOf(dataset)],
    ]);
  },
  async recognizes(place) {
    const [name] = jsonNames(place);
    return name !== undefined && /^\s*\[[^]*"(?:annotations|predictions)"\s*:/.test(await place.text(name));
  },
  async read(place) {
    const files = await Promise.all(
      jsonNames(place).map(async (name) => readTasks(await place.text(name), `${place.where}/${name}`)),
    );
    return files.flat();
  },
};

/** Names of the controls in config.xml, which results refer to. */
const NAMES = { from_name: 'label', to_name: 'image' } as const;

function configOf({ task, labels }: Dataset): string {
  const [list, choice] = task === 'detection' ? ['RectangleLabels', 'Label'] : ['Choices', 'Choice'];
  const choices = labels.map((label) => `    <${choice} value="${escaped(label)}"/>\n`).join('');
  return `<View>\n  <Image name="image" value="$image"/>\n  <${list} name="label" toName="image">\n${choices}  </${list}>\n</View>\n`;
}

function taskOf(picture: Picture, dataset: Dataset, image: string): object {
  const { objects, byPerson, model = 'unknown', split, shouldBe, reason, takenAt } = picture;
  const said = { ...(shouldBe === undefined ? {} : { shouldBe }), ...(reason === undefined ? {} : { reason }) };
  const result = objects.map((object, at) => resultOf(object, `${at}`, picture, dataset));
  const scores = objects.flatMap(({ score }) => score ?? []);
  const score = scores.length === 0 ? {} : { score: scores.reduce((sum, one) => sum + one, 0) / scores.length };
  const answer = byPerson
    ? { annotations: [{ result, was_cancelled: false }] }
    : { predictions: [{ model_version: model, ...score, result }] };
  return { data: { image, split, takenAt, ...said }, ...answer };
}

function resultOf(
  { classId, box, score }: Picture['objects'][number],
  id: string,
  { width, height }: Picture,
  { labels }: Dataset,
): object {
  const size = { original_width: width, original_height: height, image_rotation: 0 };
  const base = { id, ...NAMES, ...size, ...(score === undefined ? {} : { score }) };
  const label = labels[classId] ?? '';
  if (!box) return { ...base, type: 'choices', value: { choices: [label] } };
  const [x, y, right, bottom] = box.map((side) => side * 100) as [number, number, number, number];
  const value = { x, y, width: right - x, height: bottom - y, rotation: 0, rectanglelabels: [label] };
  return { ...base, type: 'rectanglelabels', value };
}

const percent = z.number();
const taskFile = z.array(
  z.object({
    id: z.union([z.number(), z.string()]).optional(),
    data: z.record(z.string(), z.unknown()),
    annotations: z
      .array(
        z.object({
          was_cancelled: z.boolean().optional(),
          result: z.array(
            z.object({ type: z.string().optional(), value: z.record(z.string(), z.unknown()).optional() }),
          ),
        }),
      )
      .optional(),
  }),
);
const rectangle = z.object({
  x: percent,
  y: percent,
  width: percent,
  height: percent,
  rotation: z.number().optional(),
  rectanglelabels: z.tuple([z.string()], z.string()),
});
const choice = z.object({ choices: z.tuple([z.string()]) });

function jsonNames({ names }: LabelFiles): readonly string[] {
  return names.filter((name) => name.endsWith('.json') && !name.endsWith('dataset.json'));
}

/** Tasks that nobody has finished are left out; of several annotations the last one counts. */
function readTasks(text: string, where: string): readonly LabeledPicture[] {
  return parseWith(taskFile, parseJson(text, where), where).flatMap(({ data, annotations = [] }, at) => {
    const last = annotations.findLastIndex(({ was_cancelled }) => was_cancelled !== true);
    const done = annotations[last];
    if (!done) return [];
    const address = data['image'];
    if (typeof address !== 'string')
      throw unreadable(`${where}: /${at}/data/image: the task does not name its picture`);
    const objects = done.result.flatMap(({ type, value }, index) => {
      const pointer = `${where}: /${at}/annotations/${last}/result/${index}/value`;
      if (type === 'rectanglelabels') return [readRectangle(value, pointer)];
      if (type === 'choices') return [{ label: parseWith(choice, value, pointer).choices[0] }];
      return [];
    });
    return [{ name: baseName(address), objects }];
  });
}

function readRectangle(value: unknown, where: string): LabeledPicture['objects'][number] {
  const { x, y, width, height, rotation = 0, rectanglelabels } = parseWith(rectangle, value, where);
  if (rotation !== 0) throw unreadable(`${where}/rotation: a box turned by ${rotation}° cannot be kept upright`);
  // Per cent of the picture, as if it were 1,000 pixels wide and high.
  const corners = [x, y, x + width, y + height].map((side) => side * 10);
  return { label: rectanglelabels[0], box: boxOfCorners(corners, { width: 1000, height: 1000 }, where) };
}
