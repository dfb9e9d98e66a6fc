import { randomUUID } from 'node:crypto';
import { isEdgeError, messageOf } from '#packages/foundation';
import type { WireError } from '#packages/foundation';
import { outputsForMessage } from '#packages/http';
import type { InvokeResult, ResultMessage } from '#packages/http';
import type { Prediction, Timings } from '#packages/model-package';
import { appErrors } from '../errors.ts';
import type { Frame } from '../frame/frame.ts';

/** The message for an answered image. Numbers are shortened: four decimals of a box are a tenth of a pixel in 1080p. */
export function answerMessage(thing: string, frame: Frame, result: InvokeResult): ResultMessage {
  return {
    id: result.id,
    ...origin(thing, frame, result.service),
    model: result.model,
    provider: result.provider,
    predictions: result.predictions.map(shortened),
    ...(result.outputs ? { outputs: outputsForMessage(result.outputs, Infinity) ?? {} } : {}),
    timings: rounded(result.timings),
  };
}

/** The message for an image that got no answer. */
export function errorMessage(thing: string, frame: Frame, service: string, thrown: unknown): ResultMessage {
  return { id: randomUUID(), ...origin(thing, frame, service), predictions: [], error: wireError(thrown) };
}

/**
 * The message within `maxBytes` of JSON: values of tensors go first, the largest before the others; then predictions with the
 * lowest scores, which are counted in `truncated`; where that is not enough, long texts are cut.
 */
export function fitted(message: ResultMessage, maxBytes: number): ResultMessage {
  if (sizeOf(message) <= maxBytes) return message;
  const { outputs, ...rest } = message;
  const room = maxBytes - sizeOf({ ...rest, outputs: {} });
  const tensors = outputs && outputsForMessage(outputs, room);
  return withFewerPredictions(tensors ? { ...rest, outputs: tensors } : rest, maxBytes);
}

function withFewerPredictions(message: ResultMessage, maxBytes: number): ResultMessage {
  if (sizeOf(message) <= maxBytes) return message;
  const count = message.predictions.length;
  const cut = (kept: number): ResultMessage => ({
    ...message,
    predictions: message.predictions.slice(0, kept),
    truncated: count - kept,
  });
  let [low, high] = [0, count];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (sizeOf(cut(middle)) <= maxBytes) low = middle;
    else high = middle - 1;
  }
  const shortest = count === 0 ? message : cut(low);
  return sizeOf(shortest) <= maxBytes ? shortest : withShortTexts(shortest);
}

const MAX_TEXT = 160;

function withShortTexts(message: ResultMessage): ResultMessage {
  const { error } = message;
  return {
    ...message,
    // The end of a path says more than its beginning.
    image: message.image.length > MAX_TEXT ? `…${message.image.slice(-MAX_TEXT)}` : message.image,
    ...(error ? { error: { ...error, message: error.message.slice(0, MAX_TEXT), facts: {} } } : {}),
  };
}

function origin(thing: string, frame: Frame, service: string) {
  return { timestamp: new Date(frame.takenAt).toISOString(), thing, service, source: frame.source, image: frame.image };
}

function shortened(prediction: Prediction): Prediction {
  const { box } = prediction;
  const score = decimals(prediction.score, 4);
  return box
    ? {
        ...prediction,
        score,
        box: [decimals(box[0], 4), decimals(box[1], 4), decimals(box[2], 4), decimals(box[3], 4)],
      }
    : { ...prediction, score };
}

function rounded(timings: Timings): Timings {
  return Object.fromEntries(
    Object.entries(timings).map(([key, value]) => [key, decimals(value as number, 2)]),
  ) as unknown as Timings;
}

function decimals(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

function wireError(thrown: unknown): WireError {
  return (isEdgeError(thrown) ? thrown : appErrors.error('app.unexpected', messageOf(thrown))).toJSON();
}

function sizeOf(message: ResultMessage): number {
  return Buffer.byteLength(JSON.stringify(message));
}
