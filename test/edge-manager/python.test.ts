import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow } from '#packages/foundation';

import type { CaptureEvent } from '../../components/inference-agent/capture/event/capture-event.ts';
import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { PYTHON_WITH_MODULES, pythonGrpc } from '../../testing/outside-data/python.ts';
import { visionData } from '../../testing/outside-data/vision-data.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { CLIENT_GENERATIONS, protoOf } from '../../testing/edge-manager/generations.ts';
import { mobilenetFolder, photoTensor, surePhotos } from '../../testing/edge-manager/photo-tensor.ts';

describe('clients in Python', await needs(pythonGrpc, visionData), () => {
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
  /** The content of the files of captured data, all models together. */
  async function captured(): Promise<readonly CaptureEvent[]> {
    const root = path.join(folder.path, 'captured');
    const files = (await filesBelow(root)).filter((name) => name.endsWith('.jsonl'));
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
      const { stdout } = await promisify(execFile)(PYTHON_WITH_MODULES, words, { timeout: PATIENCE_MS });

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
