import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { SetName } from '../settings.ts';

/** A rendered picture. */
export interface Picture {
  readonly name: string;
  readonly file: string;
  readonly bytes: Buffer;
}

/** Ground truth of a picture, by the renderer: boxes in pixels, x, y, width, height. */
export interface Truth {
  readonly width: number;
  readonly height: number;
  readonly objects: readonly { readonly label: string; readonly bbox: readonly number[] }[];
}

interface Coco {
  readonly images: readonly {
    readonly id: number;
    readonly file_name: string;
    readonly width: number;
    readonly height: number;
  }[];
  readonly annotations: readonly {
    readonly image_id: number;
    readonly category_id: number;
    readonly bbox: readonly number[];
  }[];
  readonly categories: readonly { readonly id: number; readonly name: string }[];
}

/** The rendered pictures, by set, and the truth about each. */
export class World {
  readonly #folder: string;
  readonly #sets: ReadonlyMap<SetName, readonly Picture[]>;
  readonly #truths: ReadonlyMap<string, Truth>;

  private constructor(
    folder: string,
    sets: ReadonlyMap<SetName, readonly Picture[]>,
    truths: ReadonlyMap<string, Truth>,
  ) {
    this.#folder = folder;
    this.#sets = sets;
    this.#truths = truths;
  }

  /** @param folder holds a folder for each set, as artifacts/training/loop/world.py writes it */
  static async read(folder: string, names: readonly SetName[]): Promise<World> {
    const sets = new Map<SetName, readonly Picture[]>();
    const truths = new Map<string, Truth>();
    for (const name of names) {
      const coco = JSON.parse(await readFile(path.join(folder, name, 'annotations.json'), 'utf8')) as Coco;
      const labels = new Map(coco.categories.map((category) => [category.id, category.name]));
      const pictures: Picture[] = [];
      for (const { id, file_name: file, width, height } of coco.images) {
        const bytes = await readFile(path.join(folder, name, file));
        const objects = coco.annotations
          .filter(({ image_id: of }) => of === id)
          .map(({ category_id: category, bbox }) => ({ label: labels.get(category) ?? '', bbox }));
        pictures.push({ name: file, file: path.join(folder, name, file), bytes });
        truths.set(hashOf(bytes), { width, height, objects });
      }
      sets.set(name, pictures);
    }
    return new World(folder, sets, truths);
  }

  pictures(name: SetName): readonly Picture[] {
    return this.#sets.get(name) ?? [];
  }

  /** For the trainer: `ANNOTATIONS=PICTURES`. */
  dataOf(name: SetName): string {
    return `${path.join(this.#folder, name, 'annotations.json')}=${path.join(this.#folder, name)}`;
  }

  /** Folder of a set. */
  folderOf(name: SetName): string {
    return path.join(this.#folder, name);
  }

  /** Ground truth of a picture, found by its bytes; undefined if the renderer did not make it. */
  truthOf(bytes: Uint8Array): Truth | undefined {
    return this.#truths.get(hashOf(bytes));
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
