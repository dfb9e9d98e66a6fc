import { randomUUID } from 'node:crypto';
import { isEdgeError, messageOf } from '#packages/foundation';
import type { WireError } from '#packages/foundation';
import { outputsForMessage } from '#packages/http';
import type { InvokeResult, ResultMessage } from '#packages/http';
import { fitPredictions, hasPixels, shortened } from '#packages/model-package';
import type { Timings } from '#packages/model-package';
import { appErrors } from '../errors.ts';
import type { Frame } from '../frame/frame.ts';

/** The message for an answered image, its numbers shortened. */
export function answerMessage(thing: string, frame: Frame, result: InvokeResult): ResultMessage {
  return {
    id: result.id,
    ...origin(thing, frame, result.service),
    model: result.model,
    provider: result.provider,
    predictions: result.predictions.map((one) => shortened(one, { score: 4, place: 4 })),
    ...(result.outputs ? { outputs: outputsForMessage(result.outputs, Infinity) ?? {} } : {}),
    timings: rounded(result.timings),
  };
}

/** The message for an image that got no answer. */
export function errorMessage(thing: string, frame: Frame, service: string, thrown: unknown): ResultMessage {
  return { id: randomUUID(), ...origin(thing, frame, service), predictions: [], error: wireError(thrown) };
}

/**
 * The message within `maxBytes` of JSON: values of tensors go first, the largest before the others; then the masks and heat maps of the lowest scores,
 * counted in `withoutMask`; then the predictions with the lowest scores, counted in `truncated`; if that is not enough, long texts are cut.
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
  const masks = message.predictions.filter(hasPixels).length;
  const shortest = count === 0 ? message : cutTo(message, maxBytes - sizeOf(emptied(message, count, masks)));
  return sizeOf(shortest) <= maxBytes ? shortest : withShortTexts(shortest);
}

/** As small as it gets, and counts of the most digits that they may have. */
function emptied(message: ResultMessage, truncated: number, withoutMask: number): ResultMessage {
  return { ...message, predictions: [], truncated, ...(withoutMask > 0 ? { withoutMask } : {}) };
}

function cutTo(message: ResultMessage, room: number): ResultMessage {
  const { predictions, truncated, withoutMask } = fitPredictions(message.predictions, room);
  return {
    ...message,
    predictions,
    ...(truncated > 0 ? { truncated } : {}),
    ...(withoutMask > 0 ? { withoutMask } : {}),
  };
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
