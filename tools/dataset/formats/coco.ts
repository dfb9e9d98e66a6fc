import * as z from 'zod';
import { SPLITS } from '../dataset.ts';
import type { DatasetFormat, LabeledPicture, LabelFiles } from '../dataset.ts';
import { baseName, boxOfCorners, parseJson, parseWith, unreadable } from './reading.ts';

/** COCO's object detection: cocodataset.org/#format-data. Category 1 is the first class; boxes are x, y, width, height in pixels. */
export const coco: DatasetFormat = {
  tasks: ['detection'],
  byAddress: false,
  folderOf: ({ split }) => `images/${split}`,
  foldersOf: () => SPLITS.map((split) => `images/${split}`),
  write({ labels, pictures }) {
    const categories = labels.map((name, at) => ({ id: at + 1, name, supercategory: '' }));
    return new Map(
      SPLITS.map((split) => {
        const own = pictures.filter((picture) => picture.split === split);
        let id = 0;
        const images = own.map(({ name, width, height, takenAt }, at) => ({
          id: at + 1,
          file_name: name,
          width,
          height,
          date_captured: takenAt,
        }));
        const annotations = own.flatMap(({ objects, width, height }, at) =>
          objects.flatMap(({ classId, box, score }) => {
            if (!box) return [];
            const [x, y, w, h] = [
              box[0] * width,
              box[1] * height,
              (box[2] - box[0]) * width,
              (box[3] - box[1]) * height,
            ];
            const bbox = [x, y, w, h].map(rounded);
            const extra = score === undefined ? {} : { score };
            const base = {
              id: ++id,
              image_id: at + 1,
              category_id: classId + 1,
              bbox,
              area: rounded(w * h),
              segmentation: [],
              iscrowd: 0,
            };
            return [{ ...base, ...extra }];
          }),
        );
        return [`annotations/instances_${split}.json`, `${JSON.stringify({ images, annotations, categories })}\n`];
      }),
    );
  },
  async recognizes(place) {
    const [name] = jsonNames(place);
    return name !== undefined && /"categories"\s*:/.test(await place.text(name));
  },
  async read(place) {
    const files = await Promise.all(
      jsonNames(place).map(async (name) => readFile(await place.text(name), `${place.where}/${name}`)),
    );
    return files.flat();
  },
};

/** A ten-thousandth of a pixel. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

const cocoFile = z.object({
  images: z.array(
    z.object({ id: z.number(), file_name: z.string(), width: z.number().positive(), height: z.number().positive() }),
  ),
  annotations: z.array(
    z.object({
      id: z.number().optional(),
      image_id: z.number(),
      category_id: z.number(),
      bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    }),
  ),
  categories: z.array(z.object({ id: z.number(), name: z.string() })),
});

function jsonNames({ names }: LabelFiles): readonly string[] {
  return names.filter((name) => /(^|\/)[^/]*\.json$/.test(name) && !name.endsWith('dataset.json'));
}

function readFile(text: string, where: string): readonly LabeledPicture[] {
  const { images, annotations, categories } = parseWith(cocoFile, parseJson(text, where), where);
  const labelOf = new Map(categories.map(({ id, name }) => [id, name]));
  const imageOf = new Map(
    images.map((image) => [image.id, { ...image, objects: [] as LabeledPicture['objects'][number][] }]),
  );
  annotations.forEach(({ image_id, category_id, bbox: [x, y, w, h] }, at) => {
    const pointer = `${where}: /annotations/${at}`;
    const image = imageOf.get(image_id);
    if (!image) throw unreadable(`${pointer}/image_id: ${image_id} is not the id of an image`);
    const label = labelOf.get(category_id);
    if (label === undefined) throw unreadable(`${pointer}/category_id: ${category_id} is not the id of a category`);
    const box = boxOfCorners([x, y, x + w, y + h], image, `${pointer}/bbox`);
    image.objects.push({ label, box });
  });
  return [...imageOf.values()].map(({ file_name, objects }) => ({ name: baseName(file_name), objects }));
}
