import { chmod, mkdir } from 'node:fs/promises';
import { KeyedSerial, messageOf } from '#packages/foundation';
import type { Clock, Incidents } from '#packages/foundation';
import type { GalleryStatus } from '#packages/http';
import { judgeEmbedding, vectorOf } from '#packages/model-package';
import type { Prediction } from '#packages/model-package';
import { agentErrors } from '../errors.ts';
import type { ServingModel } from '../registry/serving-model.ts';
import { readGalleries, writeGallery } from './gallery-file.ts';
import type { Enrolled } from './gallery-file.ts';
import { vectorSpace } from './vector-space.ts';

type Described = Pick<ServingModel, 'spec'>;

export interface GalleryPorts {
  /** Galleries lie here, one file for each alias. */
  readonly folder: string;
  /** The model that serves an alias. */
  readonly serving: (alias: string) => Described | undefined;
  readonly incidents: Pick<Incidents, 'replace'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Of an alias. A picture is compared with each: 1,000 vectors of 512 numbers take half a millisecond. */
const MAX_VECTORS = 1_000;
const FOREIGN = 'gallery.foreign-vectors';
const UNREADABLE = 'gallery.unreadable';
const UNREADABLE_TODO =
  'Mend the file and take ".unreadable" off its name before the next start, or enroll the pictures again and delete it.';

/** The pictures that this device has enrolled, by alias: they outlive restarts and new versions of the model. */
export class GalleryBook {
  readonly #ports: GalleryPorts;
  readonly #turns = new KeyedSerial();
  #galleries = new Map<string, readonly Enrolled[]>();
  /** Vectors of a gallery that a model's can be compared with; forgotten with either. */
  readonly #comparable = new WeakMap<readonly Enrolled[], Map<string, readonly Enrolled[]>>();

  constructor(ports: GalleryPorts) {
    this.#ports = ports;
  }

  /** Makes the folder and reads what was enrolled before. */
  async open(): Promise<void> {
    const { folder } = this.#ports;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    const unreadable = new Map<string, { readonly message: string; readonly todo: string }>();
    this.#galleries = await readGalleries(folder, (file, reason) => {
      unreadable.set(file, {
        message: `a gallery cannot be read, and lies in ${file} now: ${reason}`,
        todo: UNREADABLE_TODO,
      });
    });
    this.#ports.incidents.replace(UNREADABLE, unreadable);
  }

  /** Calls a picture by the name of an enrolled one that is nearer than what the package knows. */
  judge({ spec }: Described, alias: string, prediction: Prediction): Prediction {
    const { embedding } = prediction;
    const space = embedding === undefined ? undefined : vectorSpace(spec);
    if (embedding === undefined || space === undefined) return prediction;
    return judgeEmbedding({ ...prediction, embedding }, this.#of(alias, space));
  }

  status(alias: string): GalleryStatus {
    const enrolled = this.#galleries.get(alias) ?? [];
    const space = this.#spaceOf(alias);
    const names = [...new Set(enrolled.map(({ name }) => name))].map((name) => {
      const own = enrolled.filter((one) => one.name === name);
      const comparable = own.filter((one) => one.space === space).length;
      return { name, vectors: own.length, comparable, enrolledAt: own.at(-1)?.enrolledAt ?? '' };
    });
    return { alias, vectors: enrolled.length, maxVectors: MAX_VECTORS, names };
  }

  /**
   * Enrolls a picture that the model has answered. It is on disk when this returns.
   * @throws EdgeError `gallery.not-embedding`, `gallery.full`, `store.write-failed`
   */
  enroll(
    { spec }: Described,
    alias: string,
    name: string,
    [prediction]: readonly Prediction[],
  ): Promise<GalleryStatus> {
    const space = vectorSpace(spec);
    const vector = vectorOf(prediction?.embedding ?? '');
    if (space === undefined || !vector) {
      const message = `the model that serves "${alias}" is of the task ${spec.manifest.task}, and only models of the task embedding have a gallery`;
      throw agentErrors.error('gallery.not-embedding', message, { facts: { alias, task: spec.manifest.task } });
    }
    return this.#change(alias, (enrolled) => {
      if (enrolled.length >= MAX_VECTORS) {
        const message = `the gallery of "${alias}" holds ${enrolled.length} vectors, and ${MAX_VECTORS} are allowed`;
        throw agentErrors.error('gallery.full', message, { facts: { alias, maxVectors: MAX_VECTORS } });
      }
      const enrolledAt = new Date(this.#ports.clock.now()).toISOString();
      return [...enrolled, { name, space, enrolledAt, vector }];
    });
  }

  /** Deletes every vector of a name, from the disk as well. @throws EdgeError `gallery.name-unknown`, `store.write-failed` */
  forget(alias: string, name: string): Promise<GalleryStatus> {
    return this.#change(alias, (enrolled) => {
      const others = enrolled.filter((one) => one.name !== name);
      if (others.length < enrolled.length) return others;
      throw agentErrors.error('gallery.name-unknown', `nothing is enrolled as "${name}" in the gallery of "${alias}"`, {
        facts: { alias, name },
      });
    });
  }

  /** Says of each alias how many vectors its model cannot be compared with. */
  look(): void {
    const found = new Map(
      [...this.#galleries].flatMap(([alias, { length }]) => {
        const space = this.#spaceOf(alias);
        const foreign = space === undefined ? 0 : length - this.#of(alias, space).length;
        if (foreign === 0) return [];
        const message = `${foreign} of ${length} vectors in the gallery of "${alias}" come from another model and are not compared with`;
        return [[`gallery of ${alias}`, { message, todo: FOREIGN_TODO }] as const];
      }),
    );
    this.#ports.incidents.replace(FOREIGN, found);
  }

  #change(alias: string, change: (enrolled: readonly Enrolled[]) => readonly Enrolled[]): Promise<GalleryStatus> {
    return this.#turns.run(alias, async () => {
      const next = change(this.#galleries.get(alias) ?? []);
      try {
        await writeGallery(this.#ports.folder, alias, next);
      } catch (thrown) {
        const message = `cannot store the gallery of "${alias}": ${messageOf(thrown)}`;
        throw agentErrors.error('store.write-failed', message, { cause: thrown });
      }
      this.#galleries.set(alias, next);
      this.look();
      return this.status(alias);
    });
  }

  #spaceOf(alias: string): string | undefined {
    const model = this.#ports.serving(alias);
    return model && vectorSpace(model.spec);
  }

  #of(alias: string, space: string): readonly Enrolled[] {
    const enrolled = this.#galleries.get(alias);
    if (!enrolled) return [];
    const bySpace = this.#comparable.get(enrolled) ?? new Map<string, readonly Enrolled[]>();
    this.#comparable.set(enrolled, bySpace);
    const comparable = bySpace.get(space) ?? enrolled.filter((one) => one.space === space);
    bySpace.set(space, comparable);
    return comparable;
  }
}

const FOREIGN_TODO =
  'Enroll the pictures again with the model that serves, and delete the old names. If the models give the same vectors, name the same output.space in their packages.';
