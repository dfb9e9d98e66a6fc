import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT } from '../../tools/bundle/project.ts';
import type { FuzzTarget } from './fuzz-target.ts';

const FOLDERS = ['packages', 'components', 'tools'];
const ENDING = '.fuzz.ts';

/** The file of every target, by the target's name: that of the file. In alphabetical order. */
export function findTargets(): ReadonlyMap<string, string> {
  const files = FOLDERS.flatMap((folder) =>
    (readdirSync(path.join(PROJECT, folder), { recursive: true }) as string[])
      .filter((name) => name.endsWith(ENDING) && !name.includes('node_modules'))
      .map((name) => path.join(PROJECT, folder, name)),
  );
  return new Map(files.map((file): [string, string] => [path.basename(file, ENDING), file]).sort());
}

/** @throws Error if the project does not have a target of the name */
export async function loadTarget(name: string): Promise<FuzzTarget> {
  const file = findTargets().get(name);
  if (file === undefined)
    throw new Error(`there is no target "${name}"; targets are ${[...findTargets().keys()].join(', ')}`);
  return ((await import(pathToFileURL(file).href)) as { readonly default: FuzzTarget }).default;
}
