import type * as z from 'zod';

import type { AppConfiguration, SourceConfiguration } from '../config.ts';
import { invalidSetting } from '../settings/invalid-setting.ts';
import { OLD_KEYS } from '../settings/predecessor-settings.ts';
import { sourceSettings } from '../settings/source-settings.ts';
import { architectureOf, serviceOf } from './model-resource.ts';
import type { Machine } from './model-resource.ts';
import { DEFAULT_INTERVAL_SECONDS, PREDECESSORS } from './predecessors.ts';
import type { Predecessor, PredecessorName } from './predecessors.ts';

/** One of the components that this one stands in for, as it is configured: a source, and how its results are told. */
export interface StandIn {
  readonly predecessor: Predecessor;
  /** IoT Core topic of its results; empty: the log only. */
  readonly topic: string;
  readonly accelerator: 'cpu' | 'gpu';
  readonly source: SourceConfiguration;
}

/** The machine that it runs on, and the folder of the files beside the program. */
export interface Surroundings extends Machine {
  /** Folder of the sample images, absolute. */
  readonly sampleImages: string;
}

type OldSettings = Pick<AppConfiguration, (typeof OLD_KEYS)[number]>;

/**
 * The components that `Replaces` names, by the name of their source: `aws.greengrass.DLRObjectDetection` → `DLRObjectDetection`.
 *
 * @throws EdgeError `config.invalid`
 */
export function standInsOf(
  configuration: AppConfiguration,
  surroundings: Surroundings,
): Readonly<Record<string, StandIn>> {
  const { Replaces: names, ReplacedComponents: own } = configuration;
  refuseStrayKeys(configuration);
  return Object.fromEntries(
    [...new Set(names)].map((name) => {
      const settings = { ...pick(configuration), ...defined(own[name] ?? {}) };
      const place = own[name]?.ModelResourceKey ? `/ReplacedComponents/${name}` : '';
      return [name.replace('aws.greengrass.', ''), standIn(name, settings, { configuration, surroundings, place })];
    }),
  );
}

/** Old keys mean nothing without the component that had them. */
function refuseStrayKeys(configuration: AppConfiguration): void {
  const { Replaces: names, ReplacedComponents: own } = configuration;
  const other = Object.keys(own).find((name) => !(names as readonly string[]).includes(name));
  if (other !== undefined) throw invalid(`/ReplacedComponents/${other}`, 'is not in Replaces; add it there');
  if (names.length > 0) return;
  const stray = OLD_KEYS.filter((key) => configuration[key] !== undefined);
  const [first] = stray;
  if (first === undefined) return;
  const are = stray.length === 1 ? 'is a setting' : 'are settings';
  const what = `${stray.join(', ')} ${are} of the components of Greengrass v2`;
  throw invalid(`/${first}`, `${what}; set Replaces to the one that this component stands in for`);
}

interface Place {
  readonly configuration: AppConfiguration;
  readonly surroundings: Surroundings;
  /** Pointer of its settings, for errors. */
  readonly place: string;
}

function standIn(name: PredecessorName, settings: OldSettings, place: Place): StandIn {
  const predecessor = PREDECESSORS[name];
  const topic = settings.PublishResultsOnTopic ?? predecessor.publishResultsOnTopic;
  return {
    predecessor,
    // The old components took a blank for nothing, too.
    topic: topic.trim() === '' ? '' : topic,
    accelerator: settings.Accelerator ?? 'cpu',
    source: sourceOf(settings, predecessor, place),
  };
}

function sourceOf(
  settings: OldSettings,
  old: Predecessor,
  { configuration, surroundings, place }: Place,
): SourceConfiguration {
  const service = serviceOf(settings.ModelResourceKey, old, surroundings);
  if (service === undefined) {
    const has = Object.keys(settings.ModelResourceKey ?? {}).join(', ') || 'nothing';
    const machine = architectureOf(surroundings);
    const message = `has no entry for this machine, ${machine}, and none for "model"; it has ${has}`;
    throw invalid(`${place}/ModelResourceKey`, message);
  }
  const common = {
    Mode: 'interval',
    InferenceInterval: settings.InferenceInterval ?? DEFAULT_INTERVAL_SECONDS,
    Services: [service],
  };
  if (settings.UseCamera === true) {
    const camera = configuration.Sources['camera'] ?? source({ Type: 'stream', Url: '/dev/video0' });
    return { ...camera, ...common } as SourceConfiguration;
  }
  const image = source({
    Path: settings.ImageDirectory ?? surroundings.sampleImages,
    ImageName: settings.ImageName ?? old.imageName,
  });
  return { ...image, ...common } as SourceConfiguration;
}

/** A source with all its defaults. */
function source(settings: z.input<typeof sourceSettings>): SourceConfiguration {
  return sourceSettings.parse(settings);
}

function pick(configuration: AppConfiguration): OldSettings {
  return Object.fromEntries(OLD_KEYS.map((key) => [key, configuration[key]]));
}

function defined(settings: object): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function invalid(pointer: string, message: string): Error {
  return invalidSetting('edgeml.InferenceApp', pointer, message);
}
