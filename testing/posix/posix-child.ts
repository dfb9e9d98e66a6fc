import { join } from 'node:path';
import { inject } from 'vitest';

import { systemPaths } from '#packages/posix';
import { PROJECT } from '../../tools/bundle/project.ts';
import { bundleFile } from '../process/bundle-file.ts';
import type { Child, ChildOptions } from '../process/child.ts';
import { startBundle } from '../process/start-component.ts';
import type { ChildBody } from './child-context.ts';

export interface BodyOptions extends Pick<ChildOptions, 'descriptors' | 'cwd'> {
  readonly argument?: unknown;
}

/** Limits and confinement stay with a process, so tests of them run in a child that ends. */
export async function startChild(body: ChildBody, { argument, ...options }: BodyOptions = {}): Promise<Child> {
  const program = await bundleFile('posix', 'child.js', 'testing/posix/child-main.ts');
  const words = [String(body), JSON.stringify(argument ?? null)];
  return startBundle(program, words, { ...options, environment: { ORT_DISABLE_TELEMETRY: '1' } });
}

/** Runs a body to its end and gives what it returned, through JSON. */
export async function inChild<Result>(body: ChildBody, options: BodyOptions = {}): Promise<Result> {
  const child = await startChild(body, options);
  const line = await child.line(/^(result|failed) /);
  await child.exit;
  if (line.startsWith('failed ')) throw new Error(child.lines.join('\n'));
  return JSON.parse(line.slice('result '.length)) as Result;
}

/** Folders that the child itself must be able to read when it starts confined. */
export function programPaths(): string[] {
  return [process.execPath, inject('runFolder'), join(PROJECT, 'node_modules'), ...systemPaths()];
}
