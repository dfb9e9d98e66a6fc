import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

interface Coco {
  readonly images: readonly { readonly id: number }[];
  readonly annotations: readonly { readonly image_id: number }[];
}

/** Annotations of the first pictures of a set, for a training that takes only these. @returns `ANNOTATIONS=PICTURES` */
export async function firstPictures(setFolder: string, count: number, file: string): Promise<string> {
  const coco = JSON.parse(await readFile(path.join(setFolder, 'annotations.json'), 'utf8')) as Coco;
  const images = coco.images.slice(0, count);
  const ids = new Set(images.map(({ id }) => id));
  const annotations = coco.annotations.filter(({ image_id: image }) => ids.has(image));
  await writeFile(file, JSON.stringify({ ...coco, images, annotations }));
  return `${file}=${setFolder}`;
}
