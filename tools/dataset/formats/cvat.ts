import sax from 'sax';
import { escaped } from '../../twin/report/xml.ts';
import { SPLITS } from '../dataset.ts';
import type { Dataset, DatasetFormat, LabeledObject, LabeledPicture, LabelFiles, Picture } from '../dataset.ts';
import { baseName, boxOfCorners, unreadable } from './reading.ts';

/**
 * CVAT for images 1.1 (docs.cvat.ai, "CVAT for images"): a file for each split, for a task with the pictures of images/<split>. Corners are
 * in pixels; a class of a whole picture is a tag.
 */
export const cvat: DatasetFormat = {
  tasks: ['detection', 'classification'],
  byAddress: false,
  folderOf: ({ split }) => `images/${split}`,
  foldersOf: () => SPLITS.map((split) => `images/${split}`),
  write: (dataset) => new Map(SPLITS.map((split) => [`${split}.xml`, fileOf(dataset, split)])),
  async recognizes(place) {
    const [name] = xmlNames(place);
    return name !== undefined && (await place.text(name)).includes('<annotations');
  },
  async read(place) {
    const files = await Promise.all(
      xmlNames(place).map(async (name) => readFile(await place.text(name), `${place.where}/${name}`)),
    );
    return files.flat();
  },
};

function fileOf(dataset: Dataset, split: Picture['split']): string {
  const labels = dataset.labels.map((label) => `<label><name>${escaped(label)}</name><attributes/></label>`);
  const own = dataset.pictures.filter((picture) => picture.split === split);
  const images = own.map(({ name, width, height, objects, byPerson }, id) => {
    const source = byPerson ? 'manual' : 'auto';
    const rows = objects
      .map((object) => `    ${elementOf(object, { width, height }, dataset.labels, source)}\n`)
      .join('');
    return `  <image id="${id}" name="${escaped(name)}" subset="${split}" width="${width}" height="${height}">\n${rows}  </image>\n`;
  });
  const task = `<task><name>${split}</name><size>${own.length}</size><mode>annotation</mode><labels>${labels.join('')}</labels></task>`;
  return `<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n  <meta>${task}</meta>\n${images.join('')}</annotations>\n`;
}

function elementOf(
  { classId, box }: LabeledObject,
  { width, height }: Pick<Picture, 'width' | 'height'>,
  labels: readonly string[],
  source: string,
): string {
  const label = `label="${escaped(labels[classId] ?? '')}" source="${source}"`;
  if (!box) return `<tag ${label}></tag>`;
  const [xtl, ytl, xbr, ybr] = [box[0] * width, box[1] * height, box[2] * width, box[3] * height].map(
    (side) => Math.round(side * 1e4) / 1e4,
  );
  return `<box ${label} occluded="0" xtl="${xtl}" ytl="${ytl}" xbr="${xbr}" ybr="${ybr}" z_order="0"></box>`;
}

function xmlNames({ names }: LabelFiles): readonly string[] {
  return names.filter((name) => name.endsWith('.xml'));
}

/** Pictures without a tag are classified by nobody yet; they are left out if others have one. */
function readFile(text: string, where: string): readonly LabeledPicture[] {
  const pictures: { name: string; objects: LabeledPicture['objects'][number][] }[] = [];
  let size = { width: NaN, height: NaN };
  let hasTags = false;
  const parser = sax.parser(true, { position: true });
  const at = (): string => `${where}:${parser.line + 1}`;
  const need = (attributes: Readonly<Record<string, unknown>>, name: string): string => {
    const value = attributes[name];
    if (typeof value === 'string') return value;
    throw unreadable(`${at()}: the element lacks the attribute ${name}`);
  };
  parser.onerror = (error) => {
    throw unreadable(`${where}: ${error.message.replaceAll('\n', ', ')}`, error);
  };
  parser.ondoctype = () => {
    throw unreadable(`${at()}: the file has a document type, which CVAT never writes`);
  };
  parser.onopentag = ({ name, attributes }) => {
    if (name === 'image') {
      pictures.push({ name: baseName(need(attributes, 'name')), objects: [] });
      size = { width: Number(need(attributes, 'width')), height: Number(need(attributes, 'height')) };
    }
    const objects = pictures.at(-1)?.objects;
    if (name === 'tag') hasTags = true;
    if (name === 'tag') objects?.push({ label: need(attributes, 'label') });
    if (name !== 'box') return;
    const corners = ['xtl', 'ytl', 'xbr', 'ybr'].map((side) => Number(need(attributes, side)));
    const { rotation = '0' } = attributes as Readonly<Record<string, string>>;
    if (Number(rotation) !== 0) throw unreadable(`${at()}: a box turned by ${rotation}° cannot be kept upright`);
    objects?.push({ label: need(attributes, 'label'), box: boxOfCorners(corners, size, at()) });
  };
  parser.write(text).close();
  return hasTags ? pictures.filter(({ objects }) => objects.length > 0) : pictures;
}
