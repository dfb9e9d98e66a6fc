import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { confineWholeProcess, processMemory, systemPaths } from '#packages/posix';
import type { ConfinementReport, FileAccess } from '#packages/posix';
import type { WorkerPlan } from '../protocol.ts';
import { CHILD_FD } from './messages.ts';

/** Names the variable in which a process is told what it may touch: that must be known before its first message. */
export const CONFINEMENT_VARIABLE = 'EDGEML_CONFINEMENT';

/**
 * Names the variable in which a process remembers what it had of the memory that RLIMIT_DATA counts, before it was confined: afterward
 * it cannot read that, and the restart leaves nothing but the environment.
 */
const DATA_BYTES_VARIABLE = 'EDGEML_DATA_BYTES';

/** These providers only compute. The others need devices and files of drivers that nobody can list. */
const CONFINABLE = new Set(['cpu', 'wasm']);

/**
 * Files and calls that the process of a model may use: its package, its optimized model, its programs and libraries and the frames of cameras to
 * read; to write only the folder in which the first process of an instance makes an optimized model. Undefined if it cannot be confined.
 */
export function accessFor(
  plan: WorkerPlan,
  file: string,
  environment: NodeJS.ProcessEnv,
  framesFolder?: string,
): FileAccess | undefined {
  if (process.platform !== 'linux' || !plan.providers.every((provider) => CONFINABLE.has(provider))) return undefined;
  const libraries = [...(environment['NODE_PATH']?.split(delimiter) ?? []), ...moduleFolders(dirname(file))];
  const { folder = '', scratch = '' } = plan.cache ?? {};
  const readOnly = [plan.packageDir, folder, dirname(file), dirname(process.execPath), ...libraries, ...systemPaths()];
  if (framesFolder !== undefined) readOnly.push(framesFolder);
  const readWrite = [scratch];
  return {
    readOnly: readOnly.filter((path) => path !== '' && existsSync(path)),
    readWrite: readWrite.filter((path) => path !== '' && existsSync(path)),
  };
}

/** Where Node.js looks for packages besides NODE_PATH. */
function moduleFolders(folder: string): readonly string[] {
  const parent = dirname(folder);
  const here = join(folder, 'node_modules');
  return parent === folder ? [here] : [here, ...moduleFolders(parent)];
}

/**
 * Confines this process to what its parent has listed; it may begin again, so nothing must have happened before.
 * @returns what holds, in words; undefined if nothing was asked for
 */
export function confineAsTold(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const access = JSON.parse(text) as FileAccess;
  try {
    process.env[DATA_BYTES_VARIABLE] ??= String(processMemory(process.pid).dataBytes);
    return describe(confineWholeProcess(access, { descriptors: Object.values(CHILD_FD) }));
  } catch (thrown) {
    return `none: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
}

function describe({ noNewPrivileges, landlock, systemCalls }: ConfinementReport): string {
  const files = typeof landlock === 'string' ? `not (${landlock})` : 'bounded';
  const calls = systemCalls === true ? 'bounded' : `not (${systemCalls})`;
  if (files === 'bounded' && calls === 'bounded' && noNewPrivileges === true) return 'full';
  return `partly: files ${files}, system calls ${calls}`;
}
