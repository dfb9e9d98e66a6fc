import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, writeAtomically } from '#packages/foundation';
import { embeddingText, vectorOf } from '#packages/model-package';
import type { GalleryVector } from '#packages/model-package';

/** A vector that somebody enrolled. */
export interface Enrolled extends GalleryVector {
  /** As `vectorSpace` names it. */
  readonly space: string;
  /** ISO 8601. */
  readonly enrolledAt: string;
}

/**
 * Reads the galleries in a folder, by alias. One that cannot be read is put aside, so that nothing is written over it.
 *
 * @param onUnreadable told of the place where it lies now, and of the reason
 */
export async function readGalleries(
  folder: string,
  onUnreadable: (file: string, reason: string) => void,
): Promise<Map<string, readonly Enrolled[]>> {
  const galleries = new Map<string, readonly Enrolled[]>();
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.json'))) {
    const path = join(folder, file);
    try {
      const { alias, vectors } = JSON.parse(await readFile(path, 'utf8')) as Readonly<Record<string, unknown>>;
      if (typeof alias !== 'string' || !Array.isArray(vectors)) throw new Error('it is not {"alias", "vectors"}');
      galleries.set(alias, vectors.map(enrolledOf));
    } catch (thrown) {
      const aside = `${path}.unreadable`;
      await rename(path, aside);
      onUnreadable(aside, messageOf(thrown));
    }
  }
  return galleries;
}

/** Writes a gallery, for good from the moment the call returns. */
export async function writeGallery(folder: string, alias: string, enrolled: readonly Enrolled[]): Promise<void> {
  const vectors = enrolled.map(({ vector, ...rest }) => ({ ...rest, embedding: embeddingText(vector) }));
  const file = join(folder, `${encodeURIComponent(alias)}.json`);
  // Names may be those of people, and a vector tells who is meant.
  await writeAtomically(file, JSON.stringify({ alias, vectors }), { mode: 0o600, fsync: 'folder' });
}

function enrolledOf(value: unknown): Enrolled {
  const { name, space, enrolledAt, embedding } = value as Readonly<Record<string, unknown>>;
  const vector = typeof embedding === 'string' ? vectorOf(embedding) : undefined;
  if (typeof name === 'string' && typeof space === 'string' && typeof enrolledAt === 'string' && vector)
    return { name, space, enrolledAt, vector };
  throw new Error('a vector is not {"name", "space", "enrolledAt", "embedding"}');
}
