import process from 'node:process';
import { createInterface } from 'node:readline/promises';

/** Where a command writes. stdout carries answers only; notes, progress and errors go to stderr. */
export interface CliIo {
  stdout(text: string): void;
  stderr(text: string): void;
  /** True when stdout is a terminal that shows colors. */
  readonly color: boolean;
  /** True when stderr is a terminal, so that a progress line can be written over. */
  readonly interactive: boolean;
  /** Asks whoever sits at the terminal for one line; absent if nobody does. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}

export const processIo: CliIo = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  color: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
  interactive: process.stderr.isTTY,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask: askTerminal } : {}),
};

async function askTerminal(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

/** Keeps everything in memory, for tests. */
export class MemoryIo implements CliIo {
  readonly color: boolean = false;
  readonly interactive: boolean = false;
  /** Answers of a person at the terminal, in turn; none: nobody is there. */
  readonly answers: string[];
  out = '';
  err = '';

  constructor(...answers: readonly string[]) {
    this.answers = [...answers];
  }

  get ask(): CliIo['ask'] {
    if (this.answers.length === 0) return undefined;
    return async (question) => {
      this.err += question;
      return this.answers.shift() ?? '';
    };
  }

  stdout(text: string): void {
    this.out += text;
  }

  stderr(text: string): void {
    this.err += text;
  }
}
