import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { PATIENCE_MS } from '../patience.ts';

const NODE_MODULES = join(import.meta.dirname, '../../node_modules');

/** A bundle in its own process, as a nucleus would start it: working directory, environment, lines of output. */
export class BundleProcess {
  readonly lines: string[] = [];
  /** Exit code; the signal's name where one ended it. */
  readonly exit: Promise<number | string>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();

  constructor(
    bundle: string,
    words: readonly string[],
    cwd: string,
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.#child = spawn(process.execPath, [bundle, ...words], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', NODE_PATH: NODE_MODULES, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) this.#read(stream!);
    this.exit = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        resolve(code ?? signal ?? 'unknown');
        for (const check of this.#waiting) check();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** The first line that matches, from now on or before. */
  async line(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const said = (why: string) =>
        new Error(`${why} without a line like ${pattern}; it said:\n${this.lines.join('\n')}`);
      const timer = setTimeout(() => done(() => reject(said(`${PATIENCE_MS} ms passed`))), PATIENCE_MS);
      const done = (how: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        how();
      };
      const check = (): void => {
        const found = this.lines.find((line) => pattern.test(line));
        if (found !== undefined) done(() => resolve(found));
        else if (this.#child.exitCode !== null || this.#child.signalCode !== null)
          done(() => reject(said('the process ended')));
      };
      this.#waiting.add(check);
      check();
    });
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    this.#child.kill(signal);
    return this.exit;
  }

  #read(stream: NodeJS.ReadableStream): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
      for (const check of [...this.#waiting]) check();
    });
  }
}
