import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { messageOf } from '#packages/foundation';
import { twinErrors } from '../errors.ts';

/** Pictures that nothing was trained on, with the right answers. */
export type HeldBackSet =
  | { readonly kind: 'classes'; readonly pictures: readonly LabeledPicture[] }
  | { readonly kind: 'boxes'; readonly pictures: readonly BoxedPicture[] };

interface LabeledPicture {
  readonly file: string;
  readonly label: string;
}

interface BoxedPicture {
  readonly file: string;
  readonly objects: readonly TrueObject[];
}

export interface TrueObject {
  readonly label: string;
  /** x0, y0, x1, y1 in 0..1. */
  readonly box: Box;
}

export type Box = readonly [number, number, number, number];

const ANNOTATIONS = 'annotations.json';
const PICTURE = /\.(jpe?g|png|webp|bmp|tiff?)$/i;

/** The part of COCO's object detection format (https://cocodataset.org/#format-data) that is read. */
const cocoSchema = z.object({
  images: z.array(z.object({ id: z.number(), file_name: z.string(), width: z.number(), height: z.number() })),
  annotations: z.array(
    z.object({
      image_id: z.number(),
      category_id: z.number(),
      bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    }),
  ),
  categories: z.array(z.object({ id: z.number(), name: z.string() })),
});

/**
 * A folder with `annotations.json` (COCO) beside its pictures, or with one folder of pictures for each label. Undefined if the folder is
 * empty: there is no such set.
 * @throws EdgeError `twin.held-back`
 */
export async function readHeldBack(folder: string): Promise<HeldBackSet | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw refused(folder, messageOf(cause), cause);
  });
  if (entries.length === 0) return undefined;
  if (entries.some(({ name }) => name === ANNOTATIONS)) return { kind: 'boxes', pictures: await readCoco(folder) };
  const pictures: LabeledPicture[] = [];
  for (const { name: label } of entries.filter((entry) => entry.isDirectory()))
    for (const name of (await readdir(path.join(folder, label))).sort())
      if (PICTURE.test(name)) pictures.push({ file: path.join(folder, label, name), label });
  if (pictures.length === 0) throw refused(folder, `it holds neither ${ANNOTATIONS} nor folders of pictures`);
  return { kind: 'classes', pictures };
}

async function readCoco(folder: string): Promise<readonly BoxedPicture[]> {
  const text = await readFile(path.join(folder, ANNOTATIONS), 'utf8');
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw refused(folder, `${ANNOTATIONS} is not JSON: ${messageOf(cause)}`, cause);
  }
  const read = cocoSchema.safeParse(document);
  if (!read.success) throw refused(folder, `${ANNOTATIONS} is not in the form of COCO: ${z.prettifyError(read.error)}`);
  const { images, annotations, categories } = read.data;
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  return images.map(({ id, file_name, width, height }) => ({
    file: path.join(folder, path.basename(file_name)),
    objects: annotations
      .filter(({ image_id }) => image_id === id)
      .map(({ category_id, bbox: [x, y, w, h] }) => {
        const label = names.get(category_id);
        if (label === undefined) throw refused(folder, `${ANNOTATIONS} has no category ${category_id}`);
        return { label, box: [x / width, y / height, (x + w) / width, (y + h) / height] as const };
      }),
  }));
}

function refused(folder: string, why: string, cause?: unknown): Error {
  return twinErrors.error('twin.held-back', `${folder} is not a held-back set: ${why}`, { cause, facts: { folder } });
}
