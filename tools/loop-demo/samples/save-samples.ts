import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseRecord } from '#packages/samples';
import type { MemoryObjectStore } from '../../../testing/object-store/memory-object-store.ts';
import type { World } from '../world/world.ts';

/** Samples of the stand-in for the bucket, as files that `edgeml dataset` reads. */
export interface SavedSamples {
  readonly folder: string;
  readonly samples: readonly SavedSample[];
  readonly bytes: number;
}

export interface SavedSample {
  readonly thing: string;
  /** Name of the picture in its folder. */
  readonly object: string;
  readonly reason: string;
  readonly picture: Uint8Array;
}

/** Writes a bucket to a folder, in place of what lies there. */
export async function saveSamples(store: MemoryObjectStore, bucket: string, folder: string): Promise<SavedSamples> {
  await rm(folder, { recursive: true, force: true });
  const samples: SavedSample[] = [];
  let bytes = 0;
  for (const key of store.keys(bucket)) {
    const body = store.object(bucket, key)?.body ?? Buffer.alloc(0);
    const file = path.join(folder, key);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, body);
    bytes += body.length;
    if (!key.endsWith('.json')) continue;
    const { object, thing = '', reason = '' } = parseRecord(body.toString('utf8'), key);
    const picture = store.object(bucket, path.posix.join(path.posix.dirname(key), object))?.body;
    if (picture) samples.push({ thing, object, reason, picture });
  }
  return { folder, samples, bytes };
}

/** Labels in place of those that a person would draw, by the renderer: COCO, under the names of the samples. */
export function labelsFor(samples: readonly SavedSample[], world: World, labels: readonly string[]): object {
  const known = samples.map(({ object, picture }) => ({ object, truth: world.truthOf(picture) }));
  const stranger = known.find(({ truth }) => truth === undefined);
  if (stranger) throw new Error(`the renderer does not know the sample ${stranger.object}`);
  const images = known.map(({ object, truth }, at) => ({
    id: at + 1,
    file_name: object,
    width: truth?.width,
    height: truth?.height,
  }));
  const boxes = known.flatMap(({ truth }, at) => (truth?.objects ?? []).map((one) => ({ ...one, image: at + 1 })));
  const annotations = boxes.map(({ label, bbox, image }, at) => ({
    id: at + 1,
    image_id: image,
    category_id: labels.indexOf(label) + 1,
    bbox,
    iscrowd: 0,
  }));
  return { images, annotations, categories: labels.map((name, at) => ({ id: at + 1, name })) };
}
