import { afterEach, describe, expect, it } from 'vitest';
import { parseManifest } from '#packages/model-package';
import type { NamedTensors } from '#packages/vision';
import { manifestWith } from './package-folder.ts';
import type {
  Generation,
  GenerationSettings,
  GenerationSpec,
  OpenGeneration,
  OpenProgress,
} from '../../components/inference-agent/generation/generation.ts';

/** What every implementation of the port does. The model behind it is the scripted one of `testing/scripted-model.ts`. */
export function describeGenerations(name: string, opener: () => Promise<OpenGeneration>): void {
  describe(name, () => {
    const opened: Generation[] = [];
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((generation) => generation.close()));
    });

    async function open(spec: GenerationSpec, signal = new AbortController().signal) {
      const steps: OpenProgress[] = [];
      const generation = await (await opener())(spec, { signal, progress: (step) => steps.push(step) });
      opened.push(generation);
      return { generation, steps };
    }

    it('opens in order: load, warm-up, golden test', async () => {
      const { generation, steps } = await open(specWith());
      expect(steps.map(({ phase }) => phase)).toEqual(['load', 'warm-up', 'golden']);
      expect(generation.facts).toMatchObject({ provider: 'cpu', variant: 'model.onnx' });
    });

    it('answers, and takes the bytes with it', async () => {
      const { generation } = await open(specWith());
      const image = bytesOf('hello');
      const { predictions } = await generation.infer(image);
      expect(predictions[0]?.label).toBe('Parts 1.0.0: hello');
      expect(image.byteLength).toBe(0);
    });

    it('runs on tensors, and takes their memory with it', async () => {
      const { generation } = await open(specWith());
      const memory = new ArrayBuffer(16);
      const tensors = tensorsIn(memory, 'image');
      const { outputs, runMs } = await generation.inferTensors({ tensors, memory });
      expect(outputs).toEqual({ image: { type: 'float32', shape: [2], data: Float32Array.of(1, 2) } });
      expect(runMs).toBeGreaterThanOrEqual(0);
      expect(memory.byteLength).toBe(0);
      const next = new ArrayBuffer(16);
      const bad = generation.inferTensors({ tensors: tensorsIn(next, 'bad'), memory: next });
      await expect(bad).rejects.toMatchObject({ code: 'test.bad-image' });
      expect(await labelOf(generation, 'next')).toBe('Parts 1.0.0: next');
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
      const { generation } = await open(specWith());
      await expect(generation.infer(bytesOf('bad'))).rejects.toMatchObject({ code: 'test.bad-image', status: 400 });
      expect(await labelOf(generation, 'next')).toBe('Parts 1.0.0: next');
    });

    it('runs as many requests at once as it has workers, and refuses one more', async () => {
      const { generation } = await open(specWith({}, { workers: 2 }));
      expect(generation).toMatchObject({ capacity: 2, free: 2 });
      const both = [labelOf(generation, 'a'), labelOf(generation, 'b')];
      expect(generation.free).toBe(0);
      await expect(generation.infer(bytesOf('c'))).rejects.toMatchObject({ code: 'generation.busy' });
      expect(await Promise.all(both)).toEqual(['Parts 1.0.0: a', 'Parts 1.0.0: b']);
      expect(generation.free).toBe(2);
    });

    it('takes one more request per worker where images are prepared ahead', async () => {
      const { generation } = await open(specWith({}, { workers: 2, prepareAhead: true }));
      expect(generation).toMatchObject({ capacity: 4, free: 4 });
      const all = ['a', 'b', 'c', 'bad'].map((text) => labelOf(generation, text));
      expect(generation.free).toBe(0);
      await expect(generation.infer(bytesOf('e'))).rejects.toMatchObject({ code: 'generation.busy' });
      const ends = await Promise.allSettled(all);
      expect(
        ends.map((end) => (end.status === 'fulfilled' ? end.value : (end.reason as { code: string }).code)),
      ).toEqual(['Parts 1.0.0: a', 'Parts 1.0.0: b', 'Parts 1.0.0: c', 'test.bad-image']);
      expect(generation.free).toBe(4);
    });

    it('answers what ran on a crashed worker with an error, reports it, and comes back', async () => {
      const { generation } = await open(specWith());
      const fault = new Promise((resolve) => generation.onFault(resolve));
      const free = new Promise<void>((resolve) => generation.onFree(resolve));
      await expect(generation.infer(bytesOf('crash'))).rejects.toMatchObject({
        code: 'generation.worker-crashed',
        status: 503,
      });
      expect(await fault).toMatchObject({ reason: 'crashed' });
      await free;
      expect(await labelOf(generation, 'back')).toBe('Parts 1.0.0: back');
    });

    it('answers what still runs when it is closed', async () => {
      const { generation } = await open(specWith());
      const running = generation.infer(bytesOf('hang'));
      const answered = expect(running).rejects.toMatchObject({ code: 'generation.ended', status: 503 });
      await Promise.all([generation.close(), answered]);
      await expect(generation.infer(bytesOf('late'))).rejects.toMatchObject({ code: 'generation.ended' });
      await generation.close();
    });
  });
}

export function specWith(
  provenance: Readonly<Record<string, unknown>> = {},
  settings: Partial<GenerationSettings> = {},
  identity: { readonly name?: string; readonly version?: string } = {},
): GenerationSpec {
  return {
    packageDir: '/nowhere',
    packageHash: 'a'.repeat(64),
    manifest: parseManifest(manifestWith({ provenance, ...identity })),
    labels: [],
    settings: {
      providers: ['cpu'],
      requireProvider: false,
      workers: 1,
      intraOpThreads: 1,
      threadsToTry: [1],
      prepareAhead: false,
      spinning: false,
      stuckAfterMs: 30_000,
      loadTimeoutMs: 30_000,
      golden: 'on',
      ...settings,
    },
  };
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}

function tensorsIn(memory: ArrayBuffer, name: string): NamedTensors {
  const data = new Float32Array(memory, 8, 2);
  data.set([1, 2]);
  return { [name]: { type: 'float32', shape: [2], data } };
}

async function labelOf(generation: Generation, text: string): Promise<string | undefined> {
  return (await generation.infer(bytesOf(text))).predictions[0]?.label;
}
