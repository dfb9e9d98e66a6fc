import { Incidents, parseConfiguration, silentLogger, systemClock } from '#packages/foundation';
import { appConfiguration } from '../../components/inference-app/config.ts';
import { FrameSlots, OwnMemory } from '../../components/inference-app/frame/frame-slots.ts';
import type { SourceOptions } from '../../components/inference-app/sources/image-source.ts';
import { Statistics } from '../../components/inference-app/statistics/statistics.ts';

export type GivenOptions = Partial<SourceOptions> & Pick<SourceOptions, 'workFolder'>;

/**
 * Options of one source, whose settings go through the real schema. By default a stream that nobody gives up on: a busy machine
 * is not a camera that is gone.
 *
 * @param given default: the source is called `cam`, has memory of three frames, no secrets, the system's clock and no log
 */
export function sourceOptions(settings: object, given: GivenOptions): SourceOptions {
  const { name = 'cam', log = silentLogger } = given;
  const raw = { Sources: { [name]: { Type: 'stream', NoFrameSeconds: 3_600, ...settings } } };
  const { Sources } = parseConfiguration(appConfiguration, raw, { component: 'edgeml.InferenceApp' });
  return {
    name,
    configuration: Sources[name]!,
    maxImageBytes: () => 1_000_000,
    openSlots: async (_source, layout) => new FrameSlots(layout, new OwnMemory(layout, 3)),
    readSecret: () => Promise.reject(new Error('there are no secrets')),
    clock: systemClock,
    random: () => 0.1,
    statistics: new Statistics(),
    incidents: new Incidents(log),
    log,
    ...given,
  };
}
