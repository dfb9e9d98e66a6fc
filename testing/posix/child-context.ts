import type * as childProcess from 'node:child_process';
import type * as fs from 'node:fs';
import type * as net from 'node:net';
import type * as v8 from 'node:v8';
import type * as vm from 'node:vm';
import type * as workerThreads from 'node:worker_threads';
import type * as Koffi from 'koffi';
import type * as Onnxruntime from 'onnxruntime-node';
import type Sharp from 'sharp';

import type * as Posix from '#packages/posix';

/** The helpers of a body in the child, which cannot import anything. */
export interface ChildContext {
  readonly posix: typeof Posix;
  readonly node: {
    readonly childProcess: typeof childProcess;
    readonly fs: typeof fs;
    readonly net: typeof net;
    readonly v8: typeof v8;
    readonly vm: typeof vm;
    readonly workerThreads: typeof workerThreads;
  };
  /** Native libraries load when they are asked for, as confinement may come before or after. */
  readonly native: {
    readonly koffi: () => typeof Koffi;
    readonly onnxruntime: () => typeof Onnxruntime;
    readonly sharp: () => typeof Sharp;
  };
  /** The test's argument, through JSON. */
  readonly argument: never;
  /** Writes a line that the test can wait for. */
  readonly say: (line: string) => void;
  /** The action's result, or the code of its error. */
  readonly attempt: <Result>(action: () => Result) => Result | string;
}

/** Runs in its own process, as text: it must not name anything outside itself but globals. */
export type ChildBody = (context: ChildContext) => unknown;
