import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openTestRing } from '../frames/test-ring.ts';
import { parseManifest } from '#packages/model-package';
import type { NamedTensors } from '#packages/vision';
import { ImageFile } from '../../components/inference-agent/picture/image-file.ts';
import { manifestWith, temporaryFolder } from './package-folder.ts';
import type {
  ModelInstance,
  InstanceSettings,
  InstanceSpec,
  Isolation,
  OpenInstance,
  OpenProgress,
} from '../../components/inference-agent/instance/model-instance.ts';

/** The behavior of every implementation of the port. The model behind it is the scripted one of `testing/scripted-model.ts`. */
export function describeInstances(
  name: string,
  opener: () => Promise<OpenInstance>,
  isolation: Isolation,
  framesFolder: string,
): void {
  describe(name, () => {
    const opened: ModelInstance[] = [];
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((instance) => instance.close()));
    });

    const specWith: typeof specOf = (provenance, settings) => specOf(provenance, { isolation, ...settings });

    async function open(spec: InstanceSpec, signal = new AbortController().signal) {
      const steps: OpenProgress[] = [];
      const instance = await (await opener())(spec, { signal, progress: (step) => steps.push(step) });
      opened.push(instance);
      return { instance, steps };
    }

    it('opens in order: load, warm-up, golden test', async () => {
      const { instance, steps } = await open(specWith());
      expect(steps.map(({ phase }) => phase)).toEqual(['load', 'warm-up', 'golden']);
      expect(instance.facts).toMatchObject({ provider: 'cpu', variant: 'model.onnx' });
    });

    it('answers', async () => {
      const { instance } = await open(specWith());
      const image = bytesOf('hello');
      const { predictions } = await instance.infer(image);
      expect(predictions[0]?.label).toBe('Parts 1.0.0: hello');
    });

    it('answers for image files, prepared ahead or not, each in its turn', async () => {
      const { instance } = await open(specWith({}, { prepareAhead: true }));
      const folder = await temporaryFolder();
      try {
        const files = await Promise.all(['a', 'b', 'bad', 'd'].map((text) => imageFile(folder.path, text)));
        const labels: (string | undefined)[] = [];
        for (const pair of [files.slice(0, 2), files.slice(2)]) {
          const ends = await Promise.allSettled(pair.map((file) => instance.infer(file)));
          labels.push(
            ...ends.map((end) =>
              end.status === 'fulfilled'
                ? end.value.predictions[0]?.label
                : (end.reason as { readonly code: string }).code,
            ),
          );
        }
        expect(labels).toEqual(['Parts 1.0.0: a', 'Parts 1.0.0: b', 'test.bad-image', 'Parts 1.0.0: d']);
        for (const file of files) file.close();
      } finally {
        await folder.remove();
      }
    });

    it.runIf(process.platform === 'linux')('looks at a frame where it lies, also while another runs', async () => {
      const ring = await openTestRing(framesFolder);
      const { instance } = await open(specWith({}, { prepareAhead: true }));
      const frames = ['first', 'second'].map((text, slot) => ring.write(slot, text));
      const answers = await Promise.all(frames.map((frame) => instance.infer(frame)));
      expect(answers.map(({ predictions }) => predictions[0]?.label)).toEqual([
        'Parts 1.0.0: first',
        'Parts 1.0.0: second',
      ]);
      ring.write(0, 'third');
      await expect(instance.infer(frames[0]!)).rejects.toMatchObject({ code: 'frames.stale', status: 409 });
      ring.close();
      await expect(instance.infer(frames[1]!)).rejects.toMatchObject({ code: 'frames.stale' });
    });

    it('runs on tensors', async () => {
      const { instance } = await open(specWith());
      const memory = new ArrayBuffer(16);
      const tensors = tensorsIn(memory, 'image');
      const { outputs, runMs } = await instance.inferTensors({ tensors, memory });
      expect(outputs).toEqual({ image: { type: 'float32', shape: [2], data: Float32Array.of(1, 2) } });
      expect(runMs).toBeGreaterThanOrEqual(0);
      const next = new ArrayBuffer(16);
      const bad = instance.inferTensors({ tensors: tensorsIn(next, 'bad'), memory: next });
      await expect(bad).rejects.toMatchObject({ code: 'test.bad-image' });
      expect(await labelOf(instance, 'next')).toBe('Parts 1.0.0: next');
    });

    it('throws the reason when the model refuses', async () => {
      await expect(open(specWith({ open: 'fail' }))).rejects.toMatchObject({ code: 'test.refused', status: 422 });
    });

    it('stops opening when aborted', async () => {
      const abort = new AbortController();
      const reason = new Error('enough');
      const opening = open(specWith({ open: 'hang' }), abort.signal);
      abort.abort(reason);
      await expect(opening).rejects.toBe(reason);
    });

    it('passes a bad image on as the error that it is, and goes on', async () => {
      const { instance } = await open(specWith());
      await expect(instance.infer(bytesOf('bad'))).rejects.toMatchObject({ code: 'test.bad-image', status: 400 });
      expect(await labelOf(instance, 'next')).toBe('Parts 1.0.0: next');
    });

    it('runs as many requests at once as it has workers, and refuses one more', async () => {
      const { instance } = await open(specWith({}, { workers: 2 }));
      expect(instance).toMatchObject({ capacity: 2, free: 2 });
      const both = [labelOf(instance, 'a'), labelOf(instance, 'b')];
      expect(instance.free).toBe(0);
      await expect(instance.infer(bytesOf('c'))).rejects.toMatchObject({ code: 'instance.busy' });
      expect(await Promise.all(both)).toEqual(['Parts 1.0.0: a', 'Parts 1.0.0: b']);
      expect(instance.free).toBe(2);
    });

    it('takes one more request per worker where images are prepared ahead', async () => {
      const { instance } = await open(specWith({}, { workers: 2, prepareAhead: true }));
      expect(instance).toMatchObject({ capacity: 4, free: 4 });
      const all = ['a', 'b', 'c', 'bad'].map((text) => labelOf(instance, text));
      expect(instance.free).toBe(0);
      await expect(instance.infer(bytesOf('e'))).rejects.toMatchObject({ code: 'instance.busy' });
      const ends = await Promise.allSettled(all);
      expect(
        ends.map((end) => (end.status === 'fulfilled' ? end.value : (end.reason as { code: string }).code)),
      ).toEqual(['Parts 1.0.0: a', 'Parts 1.0.0: b', 'Parts 1.0.0: c', 'test.bad-image']);
      expect(instance.free).toBe(4);
    });

    it('answers what ran on a crashed worker with an error, reports it, and comes back', async () => {
      const { instance } = await open(specWith());
      const fault = new Promise((resolve) => instance.onFault(resolve));
      const free = new Promise<void>((resolve) => instance.onFree(resolve));
      await expect(instance.infer(bytesOf('crash'))).rejects.toMatchObject({
        code: 'instance.worker-crashed',
        status: 503,
      });
      expect(await fault).toMatchObject({ reason: 'crashed' });
      await free;
      expect(await labelOf(instance, 'back')).toBe('Parts 1.0.0: back');
    });

    it('answers what still runs when it is closed', async () => {
      const { instance } = await open(specWith());
      const running = instance.infer(bytesOf('hang'));
      const answered = expect(running).rejects.toMatchObject({ code: 'instance.ended', status: 503 });
      await Promise.all([instance.close(), answered]);
      await expect(instance.infer(bytesOf('late'))).rejects.toMatchObject({ code: 'instance.ended' });
      await instance.close();
    });
  });
}

export function specOf(
  provenance: Readonly<Record<string, unknown>> = {},
  settings: Partial<InstanceSettings> = {},
  identity: { readonly name?: string; readonly version?: string } = {},
): InstanceSpec {
  return {
    packageDir: '/nowhere',
    packageHash: 'a'.repeat(64),
    hashes: {},
    manifest: parseManifest(manifestWith({ provenance, ...identity })),
    labels: [],
    settings: {
      isolation: 'thread',
      providers: ['cpu'],
      requireProvider: false,
      workers: 1,
      intraOpThreads: 1,
      threadsToTry: [1],
      prepareAhead: false,
      prepareFrames: true,
      spinning: false,
      niceness: 0,
      spare: false,
      keepKillerInputs: true,
      stuckAfterMs: 30_000,
      loadTimeoutMs: 30_000,
      golden: 'on',
      measurePictures: false,
      ...settings,
    },
  };
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}

async function imageFile(folder: string, text: string): Promise<ImageFile> {
  const file = path.join(folder, `${text}.jpg`);
  await writeFile(file, text);
  return ImageFile.open(file, { folders: [folder], maxBytes: 1_000 });
}

function tensorsIn(memory: ArrayBuffer, name: string): NamedTensors {
  const data = new Float32Array(memory, 8, 2);
  data.set([1, 2]);
  return { [name]: { type: 'float32', shape: [2], data } };
}

async function labelOf(instance: ModelInstance, text: string): Promise<string | undefined> {
  return (await instance.infer(bytesOf(text))).predictions[0]?.label;
}
