import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { CaptureEvent } from '../../components/inference-agent/capture/event/capture-event.ts';
import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { skipReason } from '../../testing/vision/shared-data.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { CLIENT_GENERATIONS, protoOf } from '../../testing/edge-manager/generations.ts';
import { mobilenetFolder, photoTensor, surePhotos } from '../../testing/edge-manager/photo-tensor.ts';

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
    agent = await EdgeAgent.start(folder.path, {
      DeviceFleetName: 'belts',
      CaptureDataDestination: 'Disk',
      CaptureDataDiskPath: path.join(folder.path, 'captured'),
      CaptureDataPushPeriodSeconds: 1,
      CloudProvider: 'None',
    });
    url = await mobilenetFolder(path.join(folder.path, 'mobilenet'));
  });
  /** What the files of captured data hold, all models together. */
  async function captured(): Promise<readonly CaptureEvent[]> {
    const root = path.join(folder.path, 'captured');
    const files = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.jsonl'));
    const texts = await Promise.all(files.map((name) => readFile(path.join(root, name), 'utf8')));
    return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line) as CaptureEvent);
  }
  afterAll(async () => {
    await agent?.stop();
    await folder?.remove();
  });

  it.each(CLIENT_GENERATIONS)(
    'with the stubs of %s: load, list, predict a photo, capture it, ask for its status, unload',
    async (generation) => {
      const [expected] = surePhotos();
      const tensorFile = path.join(folder.path, 'tensor.bin');
      await writeFile(tensorFile, await photoTensor(expected!.photo));
      const protoFolder = path.join(folder.path, generation);
      await mkdir(protoFolder);
      await writeFile(path.join(protoFolder, 'agent.proto'), protoOf(generation));

      const script = path.join(import.meta.dirname, '../../testing/edge-manager/client.py');
      const captureId = `capture-${generation}`;
      const words = [script, agent.socketPath, protoFolder, url, `py-${generation}`, tensorFile, captureId];
      const { stdout } = await promisify(execFile)(python!, words, { timeout: 60_000 });

      const seen = JSON.parse(stdout) as Seen;
      expect(seen).toMatchObject({
        second_load: 'ALREADY_EXISTS',
        input: ['input', 5, [1, 3, 224, 224]],
        output: [5, [1, 1001]],
        capture: 'SUCCESS',
        unknown: 'NOT_FOUND',
        left: [],
      });
      expect(seen.best[0]).toBe(expected!.index);
      const [event, ...more] = (await captured()).filter(({ eventMetadata }) => eventMetadata.eventId === captureId);
      expect(more).toEqual([]);
      expect(event).toMatchObject({
        deviceFleetInputs: [{ name: 'input', observedContentType: 'Tensor[FLOAT32; 1, 3, 224, 224]' }],
        deviceFleetOutputs: [{ observedContentType: 'Tensor[FLOAT32; 1, 1001]' }],
        deviceFleetAuxiliaryInputs: [
          { name: 'Input-1', observedContentType: 'json', encoding: 'JSON', data: '{"line":3}' },
        ],
        eventMetadata: { deviceFleetName: 'belts', modelName: `py-${generation}` },
      });
      // Too large for the line: the tensor lies beside it, byte for byte.
      const reference = event!.deviceFleetInputs[0]!['data-ref']!;
      expect(await readFile(fileURLToPath(reference))).toEqual(await readFile(tensorFile));
    },
  );
});

interface Seen {
  readonly best: readonly [index: number, score: number];
}
