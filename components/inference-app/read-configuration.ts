import { parseConfiguration } from '#packages/foundation';
import type { UnknownSettings } from '#packages/foundation';
import { appConfiguration } from './config.ts';
import type { AppConfiguration } from './config.ts';
import { standInsOf } from './predecessor/stand-ins.ts';
import type { StandIn, Surroundings } from './predecessor/stand-ins.ts';
import { invalidSetting } from './settings/invalid-setting.ts';

export const COMPONENT = 'edgeml.InferenceApp';

/** The configuration as the application follows it. */
export type AppSettings = AppConfiguration & {
  /** Components of Greengrass v2 that it stands in for, by the name of their source; they take the place of `Sources`. */
  readonly standIns: Readonly<Record<string, StandIn>>;
};

/**
 * The configuration as the nucleus hands it over → as the application follows it.
 *
 * @throws EdgeError `config.invalid`
 */
export function readConfiguration(
  raw: unknown,
  surroundings: Surroundings,
  onUnknown: (unknown: UnknownSettings) => void = () => undefined,
): AppSettings {
  const options = { component: COMPONENT, onUnknown };
  const configuration = withMoreSources(parseConfiguration(appConfiguration, raw, options));
  const standIns = standInsOf(configuration, surroundings);
  const sources = Object.entries(standIns).map(([name, { source }]) => [name, source] as const);
  if (sources.length === 0) return { ...configuration, standIns };
  return { ...configuration, Sources: Object.fromEntries(sources), standIns };
}

/** One map of sources, however they were given. */
function withMoreSources(configuration: AppConfiguration): AppConfiguration {
  const { Sources, MoreSources, MaxSources } = configuration;
  const twice = Object.keys(MoreSources).find((name) => Object.hasOwn(Sources, name));
  if (twice !== undefined)
    throw invalidSetting(COMPONENT, `/MoreSources/${twice}`, 'is in Sources, too; rename one of the two');
  const all = { ...Sources, ...MoreSources };
  const count = Object.keys(all).length;
  if (count <= MaxSources) return { ...configuration, Sources: all };
  throw invalidSetting(
    COMPONENT,
    '/MaxSources',
    `is ${MaxSources}, and there are ${count} sources; raise it or take sources out`,
  );
}
