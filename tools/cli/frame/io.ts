import process from 'node:process';

/** Where a command writes. stdout carries answers only; notes, progress and errors go to stderr. */
export interface CliIo {
  stdout(text: string): void;
  stderr(text: string): void;
  /** True when stdout is a terminal that shows colours. */
  readonly colour: boolean;
  /** True when stderr is a terminal, so that a progress line can be written over. */
  readonly interactive: boolean;
}

export const processIo: CliIo = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  colour: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
  interactive: process.stderr.isTTY,
};

/** Keeps everything in memory, for tests. */
export class MemoryIo implements CliIo {
  readonly colour: boolean = false;
  readonly interactive: boolean = false;
  out = '';
  err = '';

  stdout(text: string): void {
    this.out += text;
  }

  stderr(text: string): void {
    this.err += text;
  }
}
