import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { PROJECT } from '../../tools/bundle/project.ts';
import { PATIENCE_MS } from '../patience.ts';

export interface ChildOptions {
  /** Default: the project's folder. */
  readonly cwd?: string;
  /** Its whole environment, but for PATH, which is that of the tests if it is not given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** `pipe` stays open until `hangUp`. Default `ignore`: it is at its end. */
  readonly stdin?: 'ignore' | 'pipe';
  /** Descriptors 3, 4, … of the process; `pipe` is one half of a socket pair. */
  readonly descriptors?: readonly (number | 'pipe')[];
}

/** A process that a test has started, with all that it says. The test ends it. */
export class Child {
  /** Lines of stdout and stderr, as they came. */
  readonly lines: string[] = [];
  /** Exit code; the signal's name if one ended it. Its output is read by then. Rejects if it cannot be started. */
  readonly exit: Promise<number | string>;
  #out = '';
  #err = '';
  #isOver = false;
  readonly #process: ChildProcess;
  readonly #checks = new Set<() => void>();

  constructor(command: string, words: readonly string[], options: ChildOptions = {}) {
    const { cwd = PROJECT, environment = {}, stdin = 'ignore', descriptors = [] } = options;
    const stdio: StdioOptions = [stdin, 'pipe', 'pipe', ...descriptors];
    this.#process = spawn(command, words, { cwd, env: { PATH: process.env['PATH'], ...environment }, stdio });
    this.#read(this.#process.stdout, (text) => (this.#out += text));
    this.#read(this.#process.stderr, (text) => (this.#err += text));
    this.exit = new Promise((resolve, reject) => {
      this.#process.once('error', (error) => {
        this.#over();
        reject(error);
      });
      this.#process.once('close', (code, signal) => {
        this.#over();
        resolve(code ?? signal ?? 'unknown');
      });
    });
    this.exit.catch(() => undefined);
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  /** All of stdout until now. */
  get out(): string {
    return this.#out;
  }

  /** All of stderr until now. */
  get err(): string {
    return this.#err;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The first line that fits, said already or not yet. @throws Error if it ends or too much time passes without one */
  line(wanted: RegExp | ((line: string) => boolean)): Promise<string> {
    const fits = wanted instanceof RegExp ? (line: string) => wanted.test(line) : wanted;
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#checks.delete(check);
        settle();
      };
      const failed = (why: string): void =>
        end(() =>
          reject(new Error(`${why} without a line like ${String(wanted)}; it said:\n${this.lines.join('\n')}`)),
        );
      const check = (): void => {
        const found = this.lines.find(fits);
        if (found !== undefined) end(() => resolve(found));
        else if (this.#isOver) failed('the process ended');
      };
      const timer = setTimeout(() => failed(`${PATIENCE_MS} ms passed`), PATIENCE_MS);
      this.#checks.add(check);
      check();
    });
  }

  /** The JSON documents of stdout, one per line that is whole. */
  documents(): readonly Record<string, unknown>[] {
    const whole = this.#isOver ? this.#out : this.#out.slice(0, this.#out.lastIndexOf('\n') + 1);
    const lines = whole.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The test's side of a descriptor that is a `pipe`. */
  socket(descriptor: number): Socket {
    return this.#process.stdio[descriptor] as Socket;
  }

  /** Closes its stdin. */
  hangUp(): void {
    this.#process.stdin?.end();
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#process.kill(signal);
  }

  /** Tells it to end and waits until it has. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    this.kill(signal);
    return this.exit;
  }

  #read(stream: Readable | null, keep: (text: string) => void): void {
    let rest = '';
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      keep(text);
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
      this.#check();
    });
    stream?.on('end', () => {
      if (rest !== '') this.lines.push(rest);
    });
  }

  #over(): void {
    this.#isOver = true;
    this.#check();
  }

  #check(): void {
    for (const check of [...this.#checks]) check();
  }
}
