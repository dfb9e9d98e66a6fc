import type { Clock } from '#packages/foundation';
import type { SourceReport } from '#packages/http';
import type { SourceConfiguration } from '../config.ts';
import { isStreamType } from '../settings/source-settings.ts';
import { shownUrl } from '../sources/shown-url.ts';
import type { RunningSource } from '../sources/source-set.ts';
import type { Statistics } from '../statistics/statistics.ts';

/** The entry of a source in `GET /v1/sources`. */
export function sourceReport(
  { name, configuration, state }: RunningSource,
  statistics: Pick<Statistics, 'source'>,
  clock: Clock,
): SourceReport {
  const counters = statistics.source(name);
  const { isUp, frames, restarts, skipped, decoding, motion } = counters.state;
  const { Type: type, Mode: mode, Services: services } = configuration;
  return {
    name,
    type,
    mode,
    from: fromOf(configuration),
    services,
    state,
    ...(isStreamType(type)
      ? {
          stream: {
            isUp,
            frames,
            restarts,
            ...(decoding ? { decoding: `${decoding.codec} on ${decoding.decoder}` } : {}),
          },
        }
      : {}),
    results: counters.recent.rate(clock.monotonic()),
    skipped: { ...skipped },
    ...(motion ? { motion } : {}),
  };
}

function fromOf({ Type: type, Path: path, Url: url, Pipeline: { Command: command } }: SourceConfiguration): string {
  if (type === 'folder') return path;
  return type === 'pipeline' ? (command[0] ?? '') : shownUrl(url);
}
