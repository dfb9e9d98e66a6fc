import * as z from 'zod';

import { Fault } from '../fault.ts';
import { operation } from '../operation.ts';

import { isContainer } from './configuration-key.ts';

const request = z.object({
  keyPath: z.array(z.string()).nullish(),
  /** Epoch seconds, with fractions. */
  timestamp: z.number().nullish(),
  valueToMerge: z.unknown().optional(),
});

type Request = z.infer<typeof request>;

/**
 * Merges into the caller's own configuration. A path that is new counts from now, whatever timestamp the caller gives.
 * Lite refuses whole seconds (it insists on a float) and takes older timestamps without a word, changing nothing.
 */
export const updateConfiguration = operation<Request>({
  name: 'UpdateConfiguration',
  request,
  onLite: true,
  handle({ keyPath, timestamp, valueToMerge }, call) {
    const path = keyPath ?? [];
    const seconds = requireTimestamp(timestamp, call.lite);
    requireMergeable(path, valueToMerge, call.lite);
    const { configuration } = call.nucleus;
    const isNew = configuration.get(call.component, path) === undefined;
    const timestampMs = isNew && !call.lite ? call.clock.now() : Math.round(seconds * 1000);
    const merged = configuration.merge(call.component, path, valueToMerge, timestampMs);
    if (!merged && !call.lite) throw older();
    return {};
  },
});

function requireTimestamp(timestamp: Request['timestamp'], lite: boolean): number {
  if (lite && (typeof timestamp !== 'number' || Number.isInteger(timestamp)))
    throw invalid('Received invalid parameters.');
  if (typeof timestamp !== 'number') throw invalid('Timestamp is required');
  return timestamp;
}

function requireMergeable(path: readonly string[], value: unknown, lite: boolean): void {
  if (value === undefined || value === null) throw invalid('ValueToMerge is required');
  const touches = path.length > 0 ? [path[0]] : Object.keys(isContainer(value) ? value : {});
  if (touches.includes('accessControl')) {
    throw invalid('Config update is not allowed for following fields [accessControl]');
  }
  // The nucleus' model has a map here; lite takes any value.
  if (!lite && !isContainer(value)) {
    throw invalid('ValueToMerge must be a map; put the key into the map and its container into keyPath');
  }
}

function older(): Fault {
  const message = "Proposed timestamp is older than the config's latest modified timestamp";
  return new Fault('FailedUpdateConditionCheckError', message);
}

function invalid(message: string): Fault {
  return new Fault('InvalidArgumentsError', message);
}
