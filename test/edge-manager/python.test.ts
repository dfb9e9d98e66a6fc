import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryFolder } from '../../components/inference-agent/testing/package-folder.ts';
import { PROJECT } from '../../tools/build/project.ts';
import { skipReason } from '../vision/shared-data.ts';
import { EdgeAgent } from './harness/edge-agent.ts';
import { CLIENT_GENERATIONS, protoOf } from './harness/generations.ts';
import { mobilenetFolder, photoTensor, surePhotos } from './harness/photo-tensor.ts';

/** A Python that has grpcio and grpcio-tools: of the project's .venv, else the system's. */
const python = [path.join(PROJECT, '.venv/bin/python'), 'python3'].find((candidate) => {
  if (path.isAbsolute(candidate) && !existsSync(candidate)) return false;
  try {
    execFileSync(candidate, ['-c', 'import grpc, grpc_tools.protoc'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
const missing =
  python === undefined
    ? 'skipped: no Python with grpcio and grpcio-tools (python3 -m venv .venv && .venv/bin/pip install grpcio grpcio-tools)'
    : skipReason;
if (missing !== undefined) console.warn(missing);

describe.skipIf(missing)('clients in Python', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let agent: EdgeAgent;
  let url: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    agent = await EdgeAgent.start(folder.path);
    url = await mobilenetFolder(path.join(folder.path, 'mobilenet'));
  });
  afterAll(async () => {
    await agent?.stop();
    await folder?.remove();
  });

  it.each(CLIENT_GENERATIONS)('with the stubs of %s: load, list, predict a photo, unload', async (generation) => {
    const [expected] = surePhotos();
    const tensorFile = path.join(folder.path, 'tensor.bin');
    await writeFile(tensorFile, await photoTensor(expected!.photo));
    const protoFolder = path.join(folder.path, generation);
    await mkdir(protoFolder);
    await writeFile(path.join(protoFolder, 'agent.proto'), protoOf(generation));

    const script = path.join(import.meta.dirname, 'python/client.py');
    const words = [script, agent.socketPath, protoFolder, url, `py-${generation}`, tensorFile];
    const { stdout } = await promisify(execFile)(python!, words, { timeout: 60_000 });

    const seen = JSON.parse(stdout) as Seen;
    expect(seen).toMatchObject({
      second_load: 'ALREADY_EXISTS',
      input: ['input', 5, [1, 3, 224, 224]],
      output: [5, [1, 1001]],
      unknown: 'NOT_FOUND',
      left: [],
    });
    expect(seen.best[0]).toBe(expected!.index);
  });
});

interface Seen {
  readonly best: readonly [index: number, score: number];
}
