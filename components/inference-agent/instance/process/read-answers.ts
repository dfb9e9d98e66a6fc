import * as z from 'zod';
import { PROVIDERS } from '#packages/model-package';
import { fromWire } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import type { Inference, Placement } from '#packages/vision';
import { learnedSchema } from '../cache/cache-record.ts';
import type { InstanceFacts, OpenProgress, TensorRun } from '../model-instance.ts';
import { readPictureHead } from './picture-head.ts';
import { numberOf, objectOf } from './read-json.ts';
import { predictionOf } from './read-prediction.ts';
import { isCount, tensorsOf } from './tensor-blobs.ts';

/**
 * Checked messages of a model's process: a hostile model may have taken it over. Everything here throws an Error if a message is not
 * what the protocol says; the process is then ended.
 */
export type Answer =
  | { readonly kind: 'answer'; readonly id: number; readonly inference: Inference }
  | { readonly kind: 'tensors-answer'; readonly id: number; readonly run: TensorRun }
  | { readonly kind: 'error'; readonly id: number; readonly error: EdgeError };

export type Opening =
  | { readonly kind: 'progress'; readonly step: OpenProgress }
  | { readonly kind: 'opened'; readonly facts: InstanceFacts }
  | { readonly kind: 'failed'; readonly error: EdgeError };

/** Undefined for a message that belongs to opening. */
export function readAnswer(head: unknown, blob: Buffer): Answer | undefined {
  const message = objectOf(head);
  switch (message['kind']) {
    case 'answer':
      return { kind: 'answer', id: idOf(message), inference: inferenceOf(message, blob) };
    case 'tensors-answer':
      return {
        kind: 'tensors-answer',
        id: idOf(message),
        run: { outputs: tensorsOf(message['outputs'], blob), runMs: numberOf(message['runMs']) },
      };
    case 'error':
      return { kind: 'error', id: idOf(message), error: errorOf(message['error']) };
    default:
      return undefined;
  }
}

/** Undefined for a message that is an answer. */
export function readOpening(head: unknown): Opening | undefined {
  const message = objectOf(head);
  switch (message['kind']) {
    case 'progress':
      return { kind: 'progress', step: progressSchema.parse(message['step']) };
    case 'opened':
      return { kind: 'opened', facts: factsSchema.parse(message['facts']) as InstanceFacts };
    case 'failed':
      return { kind: 'failed', error: errorOf(message['error']) };
    default:
      return undefined;
  }
}

/** Messages of the thread that prepares images. */
export function readPrepared(head: unknown): 'ready' | { readonly id: number; readonly error?: EdgeError } {
  const message = objectOf(head);
  if (message['kind'] === 'ready') return 'ready';
  return message['kind'] === 'refused'
    ? { id: idOf(message), error: errorOf(message['error']) }
    : { id: idOf(message) };
}

const TIMES = ['decodeMs', 'preprocessMs', 'runMs', 'postprocessMs', 'totalMs'] as const;

/** Built again from what is known, by hand: this is done for each picture. */
function inferenceOf(message: Readonly<Record<string, unknown>>, blob: Buffer): Inference {
  const { image, predictions, placement, timings, picture } = objectOf(message['inference']);
  const { width, height } = objectOf(image);
  if (!Array.isArray(predictions)) throw new Error('predictions must be a list');
  const scores = message['scores'] === undefined ? undefined : scoresOf(message['scores'], blob);
  const rest = blob.subarray(scores?.byteLength ?? 0);
  const times = objectOf(timings);
  return {
    image: { width: numberOf(width), height: numberOf(height) },
    predictions: predictions.map(predictionOf),
    ...(placement === undefined ? {} : { placement: placementOf(placement) }),
    timings: Object.fromEntries(TIMES.map((name) => [name, numberOf(times[name])])) as Inference['timings'],
    ...(picture === undefined ? {} : { picture: readPictureHead(picture) }),
    ...(scores ? { classScores: scores } : {}),
    ...(message['outputs'] === undefined ? {} : { outputs: tensorsOf(message['outputs'], rest) }),
  };
}

function placementOf(value: unknown): Placement {
  const { scaleX, scaleY, offsetX, offsetY, width, height } = objectOf(value);
  return {
    scaleX: numberOf(scaleX),
    scaleY: numberOf(scaleY),
    offsetX: numberOf(offsetX),
    offsetY: numberOf(offsetY),
    width: numberOf(width),
    height: numberOf(height),
  };
}

function scoresOf(bytes: unknown, blob: Buffer): Float32Array {
  if (!isCount(bytes) || bytes > blob.length || bytes % 4 !== 0) throw new Error('scores do not fit their message');
  return new Float32Array(new Uint8Array(blob.subarray(0, bytes)).buffer);
}

const text = z.string().max(100_000);
const progressSchema = z.object({ phase: z.enum(['load', 'warm-up', 'golden']), message: text });
const tensorInfo = z.object({ name: text, type: text, shape: z.array(z.number()).max(64) });
const factsSchema = z.object({
  provider: z.enum(PROVIDERS),
  fallbacks: z.array(z.object({ provider: z.enum(PROVIDERS), reason: text })).max(64),
  shares: z.record(text, z.object({ nodes: z.int().min(0), runMs: z.number().min(0).optional() })).optional(),
  variant: text,
  intraOpThreads: z.number(),
  inputs: z.array(tensorInfo).max(10_000),
  outputs: z.array(tensorInfo).max(10_000),
  latencyMs: z.number().optional(),
  loadMs: z.number(),
  confinement: text.optional(),
  learned: learnedSchema.optional(),
});
const errorSchema = z.object({
  code: text,
  message: z.string().max(1_000_000),
  todo: text,
  status: z.int().min(400).max(599).catch(500),
  facts: z.record(z.string(), z.unknown()),
});

function errorOf(value: unknown): EdgeError {
  return fromWire(errorSchema.parse(value));
}

function idOf({ id }: Readonly<Record<string, unknown>>): number {
  if (!isCount(id)) throw new Error('a message needs the id of its request');
  return id;
}
