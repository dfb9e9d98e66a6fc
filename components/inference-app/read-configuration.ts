import type { z } from 'zod';
import { foundationErrors, parseConfiguration } from '#packages/foundation';
import type { UnknownSettings } from '#packages/foundation';
import { appConfiguration } from './config.ts';
import type { AppConfiguration, SourceConfiguration } from './config.ts';
import { architectureOf, serviceOf } from './predecessor/model-resource.ts';
import type { Machine } from './predecessor/model-resource.ts';
import { DEFAULT_INTERVAL_SECONDS, PREDECESSORS } from './predecessor/predecessors.ts';
import type { Predecessor } from './predecessor/predecessors.ts';
import { sourceSettings } from './settings/source-settings.ts';

export const COMPONENT = 'edgeml.InferenceApp';

/** Settings that only mean something together with `Replaces`. */
const OLD_KEYS = [
  'PublishResultsOnTopic',
  'Accelerator',
  'ImageDirectory',
  'ImageName',
  'InferenceInterval',
  'UseCamera',
  'ModelResourceKey',
] as const;

/**
 * The configuration as the nucleus hands it over → as the application follows it: where it stands in for an old component, that
 * component's settings have become a source, a topic and a format.
 *
 * @throws EdgeError `config.invalid`
 */
export function readConfiguration(
  raw: unknown,
  machine: Machine,
  onUnknown: (unknown: UnknownSettings) => void = () => undefined,
): AppConfiguration {
  const options = { component: COMPONENT, onUnknown };
  const configuration = withMoreSources(parseConfiguration(appConfiguration, raw, options));
  if (configuration.Replaces !== '') return asPredecessor(configuration, PREDECESSORS[configuration.Replaces], machine);
  const stray = OLD_KEYS.filter((key) => configuration[key] !== undefined);
  if (stray.length === 0) return configuration;
  const [first] = stray;
  throw invalid(
    `/${first}`,
    `${stray.join(', ')} ${stray.length === 1 ? 'is a setting' : 'are settings'} of the components of Greengrass v2; set Replaces to the one that this component stands in for`,
  );
}

/** One map of sources, however they were given. */
function withMoreSources(configuration: AppConfiguration): AppConfiguration {
  const { Sources, MoreSources } = configuration;
  const twice = Object.keys(MoreSources).find((name) => Object.hasOwn(Sources, name));
  if (twice !== undefined) throw invalid(`/MoreSources/${twice}`, 'is in Sources, too; rename one of the two');
  return { ...configuration, Sources: { ...Sources, ...MoreSources } };
}

function asPredecessor(configuration: AppConfiguration, old: Predecessor, machine: Machine): AppConfiguration {
  const topic = configuration.PublishResultsOnTopic ?? old.publishResultsOnTopic;
  return {
    ...configuration,
    Sources: { predecessor: sourceOf(configuration, old, machine) },
    ResultTopic: '',
    Mqtt: { Enabled: topic !== '', Topic: topic, Qos: '1' },
    ResultFormat: 'greengrass-v2',
  };
}

function sourceOf(configuration: AppConfiguration, old: Predecessor, machine: Machine): SourceConfiguration {
  const service = serviceOf(configuration.ModelResourceKey, old, machine);
  if (service === undefined) {
    const has = Object.keys(configuration.ModelResourceKey ?? {}).join(', ') || 'nothing';
    throw invalid(
      '/ModelResourceKey',
      `has no entry for this machine, ${architectureOf(machine)}, and none for "model"; it has ${has}`,
    );
  }
  const common = {
    Mode: 'interval',
    InferenceInterval: configuration.InferenceInterval ?? DEFAULT_INTERVAL_SECONDS,
    Services: [service],
  };
  if (configuration.UseCamera === true) {
    const camera = configuration.Sources['camera'] ?? source({ Type: 'stream', Url: '/dev/video0' });
    return { ...camera, ...common } as SourceConfiguration;
  }
  const image = source({
    Path: configuration.ImageDirectory ?? old.imageDirectory,
    ImageName: configuration.ImageName ?? old.imageName,
  });
  return { ...image, ...common } as SourceConfiguration;
}

/** A source with all its defaults. */
function source(settings: z.input<typeof sourceSettings>): SourceConfiguration {
  return sourceSettings.parse(settings);
}

function invalid(pointer: string, message: string): Error {
  const problems = [{ pointer, message }];
  return foundationErrors.error(
    'config.invalid',
    `configuration of ${COMPONENT} has a wrong setting: ${pointer}: ${message}`,
    {
      facts: { component: COMPONENT, problems },
    },
  );
}
