import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesBelow } from '#packages/foundation';
import type { Remedy } from '#packages/foundation';
import { PROJECT } from '../project.ts';

/** Rooms whose errors reach a user. */
export const ROOMS = ['packages', 'components', 'tools'] as const;

export interface DocumentedError extends Remedy {
  readonly code: string;
  /** Its catalog, e.g. `packages/http/errors.ts`. */
  readonly file: string;
}

/** Every code of every `errors.ts`, in the order of the files. */
export async function documentedErrors(): Promise<readonly DocumentedError[]> {
  const errors: DocumentedError[] = [];
  for (const room of ROOMS) {
    const names = await filesBelow(path.join(PROJECT, room));
    for (const file of names.filter((name) => path.basename(name) === 'errors.ts').map((name) => `${room}/${name}`)) {
      const module = (await import(pathToFileURL(path.join(PROJECT, file)).href)) as Readonly<Record<string, unknown>>;
      for (const { entries } of Object.values(module).filter(isCatalog))
        for (const [code, entry] of Object.entries(entries)) errors.push({ code, file, ...entry });
    }
  }
  return errors;
}

interface Catalog {
  readonly entries: Readonly<Record<string, Remedy>>;
}

function isCatalog(value: unknown): value is Catalog {
  return typeof value === 'object' && value !== null && 'entries' in value && 'error' in value;
}
