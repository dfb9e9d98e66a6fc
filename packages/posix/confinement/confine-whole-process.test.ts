import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { inChild, programPaths, startChild } from '../../../testing/posix/posix-child.ts';
import { openFilesOf } from '../../../testing/process/process-facts.ts';
import { createSharedRegion } from '../shared-memory/create-shared-region.ts';
import type { ConfinementReport } from './confine-process.ts';

const PROJECT = join(import.meta.dirname, '../../..');

interface Seen {
  readonly report: ConfinementReport;
  readonly [name: string]: unknown;
}

describe.runIf(process.platform === 'linux')('confineWholeProcess', () => {
  it('bounds threads that Node.js starts by itself, and keeps process, words and descriptors', async () => {
    const work = mkdtempSync(join(tmpdir(), 'whole-'));
    const region = createSharedRegion({ bytes: 4096, name: 'kept' });
    region.bytes[0] = 42;
    const { report, ...seen } = await inChild<Seen>(
      async ({ posix, node: { fs, workerThreads }, argument }) => {
        const { access, work } = argument as { access: { readOnly: string[]; readWrite: string[] }; work: string };
        const before = { pid: process.pid, ppid: process.ppid };
        const report = posix.confineWholeProcess(access, { descriptors: [3] });
        const answerOf = (action: Promise<unknown>) =>
          action.then(
            () => 'done',
            (error: unknown) => (error as NodeJS.ErrnoException).code,
          );
        const inWorker = (code: string) =>
          new Promise((resolve) => {
            const worker = new workerThreads.Worker(
              `const { parentPort } = require('node:worker_threads');
               try { ${code}; parentPort.postMessage('done'); } catch (error) { parentPort.postMessage(error.code); }`,
              { eval: true },
            );
            worker.once('message', resolve);
          });
        return {
          report,
          name: process.argv0,
          samePlace: before.pid === process.pid && before.ppid === process.ppid,
          region: posix.openSharedRegion({ fd: 3, bytes: 4096 }).bytes[0],
          passwd: await answerOf(fs.promises.readFile('/etc/passwd')),
          workerPasswd: await inWorker(`require('node:fs').readFileSync('/etc/passwd')`),
          work: await answerOf(fs.promises.writeFile(`${work}/file`, 'x')),
          workerRuns: await inWorker(`require('node:child_process').execFileSync('/bin/true')`),
        };
      },
      {
        descriptors: [region.fd],
        argument: {
          work,
          access: {
            readOnly: programPaths(),
            readWrite: [work],
          },
        },
      },
    );
    region.close();
    rmSync(work, { recursive: true });
    expect(report.systemCalls).toBe(true);
    const bounded = typeof report.landlock !== 'string';
    if (bounded) expect(report.landlock).toMatchObject({ unboundedThreads: 0 });
    expect(seen).toMatchObject({
      samePlace: true,
      region: 42,
      passwd: bounded ? 'EACCES' : 'done',
      workerPasswd: bounded ? 'EACCES' : 'done',
      work: 'done',
      workerRuns: 'EPERM',
    });
  });

  it('answers over the socket pair that it inherited, tied to its parent', async () => {
    const child = await startChild(
      async ({ posix, node: { net }, attempt, say, argument }) => {
        const { access, parentPid } = argument as {
          access: { readOnly: string[]; readWrite: string[] };
          parentPid: number;
        };
        // Before and after the restart, as a program does that begins with it.
        posix.dieWithParent({ parentPid });
        posix.confineWholeProcess(access, { descriptors: [3] });
        const socket = new net.Socket({ fd: 3 });
        socket.on('data', (bytes) => void socket.write(`answer to ${bytes.toString()}`));
        say(`ready ${String(attempt(() => posix.dieWithParent({ parentPid: 1 })))}`);
        await new Promise(() => undefined);
      },
      {
        descriptors: ['pipe'],
        argument: { access: { readOnly: programPaths(), readWrite: [] }, parentPid: process.pid },
      },
    );
    expect(await child.line(/^ready/)).toBe('ready posix.parent-gone');
    const answer = new Promise((resolve) => child.socket(3).once('data', resolve));
    child.socket(3).write('question');
    expect(String(await answer)).toBe('answer to question');
    child.kill();
    await child.exit;
  });

  it('leaves no ring of io_uring open', async () => {
    const child = await startChild(
      async ({ posix, say, argument }) => {
        posix.confineWholeProcess(argument, { descriptors: [] });
        setInterval(() => undefined, 1000);
        say('ready');
        await new Promise(() => undefined);
      },
      { argument: { readOnly: programPaths(), readWrite: [] } },
    );
    await child.line(/^ready/);
    const links = openFilesOf(child.pid);
    expect(links.length).toBeGreaterThan(3);
    expect(links.join()).not.toContain('io_uring');
    child.kill();
    await child.exit;
  });

  it('runs a model and decodes a picture', async () => {
    const models = join(PROJECT, 'artifacts/models/PartsClassifier');
    const image = join(PROJECT, 'artifacts/samples/part-gear.jpg');
    const seen = await inChild<Seen>(
      async ({ posix, node: { fs }, native, argument }) => {
        const { access, models, image } = argument as {
          access: { readOnly: string[]; readWrite: string[] };
          models: string;
          image: string;
        };
        const report = posix.confineWholeProcess(access, { descriptors: [] });
        const session = await native.onnxruntime().InferenceSession.create(`${models}/model.onnx`);
        const pixels = await native.sharp()(fs.readFileSync(image)).resize(32, 32).raw().toBuffer();
        return { report, inputs: session.inputNames.length, pixels: pixels.length };
      },
      {
        argument: {
          models,
          image,
          access: {
            readOnly: [...programPaths(), models, image],
            readWrite: [],
          },
        },
      },
    );
    expect(seen).toMatchObject({ inputs: 1, pixels: 32 * 32 * 3 });
  });
});
