import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inject } from 'vitest';

import { systemPaths } from '#packages/posix';
import { bundleFile } from '../bundles/bundle-file.ts';
import type { ChildBody } from './child-context.ts';

export interface ChildOptions {
  readonly argument?: unknown;
  /** Descriptors 3, 4, … of the child; `pipe` is one half of a socket pair. */
  readonly descriptors?: readonly (number | 'pipe')[];
  readonly cwd?: string;
}

/** Limits and confinement stay with a process, so tests of them run in a child that ends. */
export async function startChild(body: ChildBody, options: ChildOptions = {}): Promise<PosixChild> {
  return new PosixChild(await bundleFile('posix', 'child.js', 'testing/posix/child-main.ts'), body, options);
}

/** Runs a body to its end and gives what it returned, through JSON. */
export async function inChild<Result>(body: ChildBody, options: ChildOptions = {}): Promise<Result> {
  const child = await startChild(body, options);
  const line = await child.line(/^(result|failed) /);
  await child.exit;
  if (line.startsWith('failed ')) throw new Error(child.lines.join('\n'));
  return JSON.parse(line.slice('result '.length)) as Result;
}

/** What the child itself must be able to read when it starts bounded. */
export function programPaths(): string[] {
  return [process.execPath, inject('runFolder'), join(PROJECT, 'node_modules'), ...systemPaths()];
}

const PROJECT = join(import.meta.dirname, '../..');

export class PosixChild {
  readonly lines: string[] = [];
  /** Exit code, or the name of the signal. */
  readonly exit: Promise<number | string>;
  readonly #process: ChildProcess;
  readonly #checks = new Set<() => void>();
  #ended = false;

  constructor(program: string, body: ChildBody, { argument, descriptors = [], cwd = PROJECT }: ChildOptions) {
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...descriptors];
    this.#process = spawn(process.execPath, [program, String(body), JSON.stringify(argument ?? null)], {
      cwd,
      stdio,
      env: { PATH: process.env['PATH'] ?? '', NODE_PATH: join(PROJECT, 'node_modules'), ORT_DISABLE_TELEMETRY: '1' },
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      createInterface({ input: stream! }).on('line', (line) => {
        this.lines.push(line);
        this.#check();
      });
    }
    this.exit = new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      this.#process.once('close', (code, signal) => {
        this.#ended = true;
        this.#check();
        resolve(code ?? signal ?? 'unknown');
      });
    });
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  /** The first line that matches, said already or not yet; fails when the child ends without it. */
  async line(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = this.lines.find((line) => pattern.test(line));
        if (found === undefined && !this.#ended) return;
        this.#checks.delete(check);
        if (found !== undefined) resolve(found);
        else reject(new Error(`the child ended without a line like ${pattern}; it said:\n${this.lines.join('\n')}`));
      };
      this.#checks.add(check);
      check();
    });
  }

  /** This side of a `pipe`. */
  socket(descriptor: number): Socket {
    return this.#process.stdio[descriptor] as Socket;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#process.kill(signal);
  }

  #check(): void {
    for (const check of [...this.#checks]) check();
  }
}
