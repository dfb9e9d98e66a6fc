import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { SKIP_IF } from '../../recipe/lifecycle.ts';

/** Whether a step is to be skipped: `[!] onpath <exe>` or `[!] exists <path>`, `~` is the home folder. */
export function shouldSkip(skipIf: string | undefined, searchPath: string): boolean {
  const match = skipIf === undefined ? null : SKIP_IF.exec(skipIf.trim());
  if (!match) return false;
  const [, negated, operator, argument = ''] = match;
  const holds = operator === 'onpath' ? onPath(argument.trim(), searchPath) : existsSync(expand(argument.trim()));
  return holds !== (negated === '!');
}

function onPath(name: string, searchPath: string): boolean {
  const file = expand(name);
  if (path.isAbsolute(file)) return isExecutable(file);
  return searchPath.split(path.delimiter).some((folder) => folder !== '' && isExecutable(path.join(folder, file)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function expand(file: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(homedir(), file.slice(1)) : file;
}
