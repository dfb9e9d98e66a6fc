import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.join(import.meta.dirname, 'corpus');
/** Kept small, so that the repository stays small and the tests short. */
const MAX_INPUTS = 60;
const MAX_BYTES = 2_048;

/** Inputs that earlier runs found worth keeping, and those of mended faults: one line of base64 each. */
export function readCorpus(target: string): readonly Uint8Array[] {
  try {
    const lines = readFileSync(fileOf(target), 'utf8').split('\n');
    return lines.filter((line) => !/^(#|$)/.test(line)).map((line) => Uint8Array.from(Buffer.from(line, 'base64')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Adds small inputs to the file until it is full; what is in it stays. @returns how many were added */
export function addToCorpus(target: string, inputs: readonly Uint8Array[]): number {
  const known = readCorpus(target).map(lineOf);
  const fresh = [...new Set(inputs.filter(({ length }) => length > 0 && length <= MAX_BYTES).map(lineOf))];
  const added = fresh.filter((line) => !known.includes(line)).slice(0, Math.max(0, MAX_INPUTS - known.length));
  if (added.length > 0) writeFileSync(fileOf(target), [...known, ...added, ''].join('\n'));
  return added.length;
}

function fileOf(target: string): string {
  return path.join(FOLDER, `${target}.txt`);
}

function lineOf(input: Uint8Array): string {
  return Buffer.from(input).toString('base64');
}
