import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Remedy } from '#packages/foundation';
import { PROJECT } from '../project.ts';
import { filesBelow } from '../store/fingerprint.ts';

/** Rooms whose errors reach a user. */
export const ROOMS = ['packages', 'components', 'tools'] as const;

export interface DocumentedError extends Remedy {
  readonly code: string;
  /** Its catalogue, e.g. `packages/http/errors.ts`. */
  readonly file: string;
}

/** Every code of every `errors.ts`, in the order of the files. */
export async function documentedErrors(): Promise<readonly DocumentedError[]> {
  const files = await Promise.all(ROOMS.map((room) => filesBelow(path.join(PROJECT, room), /^errors\.ts$/)));
  const errors: DocumentedError[] = [];
  for (const file of files.flat()) {
    const module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
    const shown = path.relative(PROJECT, file).split(path.sep).join('/');
    for (const { entries } of Object.values(module).filter(isCatalogue))
      for (const [code, entry] of Object.entries(entries)) errors.push({ code, file: shown, ...entry });
  }
  return errors;
}

interface Catalogue {
  readonly entries: Readonly<Record<string, Remedy>>;
}

function isCatalogue(value: unknown): value is Catalogue {
  return typeof value === 'object' && value !== null && 'entries' in value && 'error' in value;
}
