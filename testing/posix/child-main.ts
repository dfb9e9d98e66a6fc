import * as childProcess from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as v8 from 'node:v8';
import * as vm from 'node:vm';
import * as workerThreads from 'node:worker_threads';
import type * as Koffi from 'koffi';
import type * as Onnxruntime from 'onnxruntime-node';
import type Sharp from 'sharp';

import { lazyPackage } from '#packages/foundation';
import * as posix from '#packages/posix';
import type { ChildBody, ChildContext } from './child-context.ts';

/** The program that `startChild` runs: the body's text and its argument come as words, the result leaves as a line. */
async function main(): Promise<void> {
  const [, , text = '', argument = 'null'] = process.argv;
  const body = (0, eval)(`(${text})`) as ChildBody;
  const result = await body({ ...context, argument: JSON.parse(argument) as never });
  context.say(`result ${JSON.stringify(result ?? null)}`);
}

const context: Omit<ChildContext, 'argument'> = {
  posix,
  node: { childProcess, fs, net, v8, vm, workerThreads },
  native: {
    koffi: lazyPackage<typeof Koffi>('koffi'),
    onnxruntime: lazyPackage<typeof Onnxruntime>('onnxruntime-node'),
    sharp: lazyPackage<typeof Sharp>('sharp'),
  },
  // Synchronously: a body that never comes back to the event loop is heard, too.
  say: (line) => void fs.writeSync(1, `${line}\n`),
  attempt: (action) => {
    try {
      return action();
    } catch (thrown) {
      return (thrown as NodeJS.ErrnoException).code ?? String(thrown);
    }
  },
};

main().catch((thrown: unknown) => {
  context.say(`failed ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
  process.exit(1);
});
