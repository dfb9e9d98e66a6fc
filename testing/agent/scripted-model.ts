import { writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Inference, NamedTensors, PreparedImage } from '#packages/vision';
import { judgeAnomaly } from '#packages/model-package';
import { errorCatalog } from '#packages/foundation';
import { frameBytes, planesOf, readFrame } from '#packages/frames';
import { isFrame } from '../../components/inference-agent/picture/picture.ts';
import type { LoadedPicture } from '../../components/inference-agent/picture/picture.ts';
import type { InstanceFacts } from '../../components/inference-agent/instance/model-instance.ts';
import type { OpenContext, OpenedModel } from '../../components/inference-agent/instance/serve-worker.ts';
import type { WorkerPlan } from '../../components/inference-agent/instance/protocol.ts';

/**
 * A model that does what the test says, in a worker as in memory. `provenance.open` of its manifest says how it opens
 * (`fail`, `crash`, `hang`); the text of an image says how it answers: `bad`, `crash`, `hang`, `hang and write <file>` (the
 * file shows that the model has begun), `anomaly` and a score, or an echo with the model's name.
 */
export async function openScripted(plan: WorkerPlan, { progress }: OpenContext): Promise<OpenedModel> {
  const { manifest } = plan;
  progress({ phase: 'load', message: `loading ${manifest.name}` });
  await misbehave(manifest.provenance['open']);
  if (manifest.provenance['open'] === 'fail') throw testErrors.error('test.refused', 'the model refuses to load');
  progress({ phase: 'warm-up', message: 'warming up' });
  if (plan.golden) progress({ phase: 'golden', message: 'golden test' });
  return {
    facts: scriptedFacts(plan),
    model: {
      infer: (image) => answer(plan, image),
      inferFrame: async (frame) => answer(plan, bytesOfPicture(frame)),
      inferPrepared: ({ feed }) => answer(plan, feed.data as Uint8Array),
      inferTensors: answerTensors,
      close: () => Promise.resolve(),
    },
  };
}

/** The bytes of an image, or those of the first plane of a frame. */
export function bytesOfPicture(picture: LoadedPicture): Uint8Array {
  if (!isFrame(picture)) return picture;
  const bytes = Buffer.alloc(frameBytes(picture.layout));
  readFrame(picture, bytes);
  return bytes.subarray(0, planesOf(picture.layout)[0]?.columns);
}

/** Images are their own tensors; `crash early` ends the thread that prepares them, `who prepares` is answered by `a thread ahead`. */
export async function prepareScripted(picture: LoadedPicture): Promise<PreparedImage> {
  const image = bytesOfPicture(picture);
  const text = Buffer.from(image).toString();
  if (text === 'bad') throw testErrors.error('test.bad-image', 'the image is bad');
  if (text === 'crash early') process.exit(7);
  const data = text === 'who prepares' ? new TextEncoder().encode('a thread ahead') : image;
  return {
    size: { width: 1, height: 1 },
    placement: { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0, width: 1, height: 1 },
    feed: { type: 'uint8', shape: [data.length], data },
    decodeMs: 0,
    preprocessMs: 0,
  };
}

export const testErrors = errorCatalog({
  'test.refused': { status: 422, todo: 'Nothing: a test wanted this.' },
  'test.bad-image': { status: 400, todo: 'Nothing: a test wanted this.' },
});

function scriptedFacts({ manifest, providers, chosen }: WorkerPlan): InstanceFacts {
  return {
    provider: providers[0] ?? 'cpu',
    fallbacks: [],
    variant: chosen?.file ?? manifest.variants[0]?.file ?? '',
    intraOpThreads: 1,
    inputs: [],
    outputs: [],
    latencyMs: 1,
    loadMs: 1,
  };
}

export function echo({ manifest }: Pick<WorkerPlan, 'manifest'>, text: string): Inference {
  return {
    image: { width: 1, height: 1 },
    predictions: [
      text.startsWith('anomaly ')
        ? judgeAnomaly({ score: Number(text.slice('anomaly '.length)) }, 0.5)
        : { classId: 0, label: `${manifest.name} ${manifest.version}: ${text}`, score: 1 },
    ],
    timings: { decodeMs: 0, preprocessMs: 0, runMs: 0, postprocessMs: 0, totalMs: 0 },
  };
}

async function answer(plan: WorkerPlan, image: Uint8Array): Promise<Inference> {
  const text = Buffer.from(image).toString();
  if (text === 'bad') throw testErrors.error('test.bad-image', 'the image is bad');
  await misbehave(text);
  return echo(plan, text);
}

/** Copies of the inputs are the outputs; one that is called `bad` is refused. */
export async function answerTensors(tensors: NamedTensors): Promise<NamedTensors> {
  if (Object.hasOwn(tensors, 'bad')) throw testErrors.error('test.bad-image', 'the tensor is bad');
  return structuredClone(tensors);
}

async function misbehave(how: unknown): Promise<void> {
  if (how === 'crash') process.exit(7);
  // Far beyond any test's limit, and no reason for a thread that is told to end to live on.
  const hang = /^hang(?: and write (?<file>.+))?$/.exec(String(how));
  if (hang?.groups?.['file']) writeFileSync(hang.groups['file'], '');
  if (hang) await wait(3_600_000, undefined, { ref: true });
}
