import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Trained } from './packages.ts';

/** A mistake that no test of the package can see: the labels in the order of the alphabet, not in that of the classes. */
export async function withSortedLabels({ model, labels }: Trained, folder: string): Promise<Trained> {
  const names = (await readFile(labels, 'utf8')).trim().split('\n');
  const file = path.join(folder, 'labels-sorted.txt');
  await writeFile(file, `${names.toSorted().join('\n')}\n`);
  return { model, labels: file };
}
