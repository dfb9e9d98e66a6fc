import { readdirSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { SHARED_MEMORY } from '#packages/frames';
import { memoryOfFamily } from '../process/process-facts.ts';
import { memoryFigures } from './memory.ts';
import type { MemoryFigures, MemorySample } from './memory.ts';

export interface CountFigures {
  readonly first: number;
  readonly last: number;
  readonly max: number;
}

export interface CurveFigures {
  readonly memory: MemoryFigures;
  readonly descriptors: CountFigures;
}

/** Memory and open descriptors of one role over a run, whichever process plays it. */
export class ResourceCurve {
  readonly #memory: MemorySample[] = [];
  readonly #descriptors: number[] = [];

  /** Nothing is noted of a process that is gone. */
  look(seconds: number, pid: number | undefined): void {
    const descriptors = pid === undefined ? undefined : descriptorsOf(pid);
    if (pid === undefined || descriptors === undefined) return;
    const bytes = memoryOfFamily(pid);
    if (bytes === 0) return;
    this.#memory.push({ seconds, bytes });
    this.#descriptors.push(descriptors);
  }

  get figures(): CurveFigures {
    return { memory: memoryFigures(this.#memory), descriptors: countFigures(this.#descriptors) };
  }
}

export function countFigures(counts: readonly number[]): CountFigures {
  return { first: counts[0] ?? 0, last: counts.at(-1) ?? 0, max: Math.max(0, ...counts) };
}

/** The folders of rings that a process has open: those of an agent, which holds a lock in each. */
export function ringFoldersOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(
      (fd) => RING_FOLDER.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[0] ?? [],
    );
  } catch {
    return []; // it ended meanwhile
  }
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

function descriptorsOf(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}
