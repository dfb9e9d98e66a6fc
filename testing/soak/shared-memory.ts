import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { SHARED_MEMORY } from '#packages/frames';
import { openFilesOf } from '../process/process-facts.ts';

export interface CountFigures {
  readonly first: number;
  readonly last: number;
  readonly max: number;
}

export function countFigures(counts: readonly number[]): CountFigures {
  return { first: counts[0] ?? 0, last: counts.at(-1) ?? 0, max: Math.max(0, ...counts) };
}

/** The folders of rings that a process has open: those of an agent, which holds a lock in each. */
export function ringFoldersOf(pid: number): readonly string[] {
  return openFilesOf(pid).flatMap((file) => RING_FOLDER.exec(file)?.[0] ?? []);
}

const RING_FOLDER = new RegExp(`^${SHARED_MEMORY}/edgeml-frames-[^/]+`);

/** Bytes of all that lies in folders of rings; 0 for one that is gone. */
export function ringBytes(folders: Iterable<string>): number {
  return [...folders].flatMap((folder) => sizesIn(folder)).reduce((sum, size) => sum + size, 0);
}

function sizesIn(folder: string): readonly number[] {
  try {
    return readdirSync(folder).map((name) => statSync(path.join(folder, name)).size);
  } catch {
    return []; // it went meanwhile
  }
}
