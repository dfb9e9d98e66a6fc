import { isAbsolute } from 'node:path';
import * as z from 'zod';
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  mapSetting,
  numberSetting,
  section,
  textSetting,
} from '#packages/foundation';
import type { DeepReadonly } from '#packages/foundation';
import { TOPIC_TEMPLATES } from '#packages/ipc';
import { ANNOTATE_RULES } from './annotation/annotate-rule.ts';
import { clipStoreSettings } from './settings/clip-settings.ts';
import { predecessorSettings } from './settings/predecessor-settings.ts';
import { SERVICE_NAME, SERVICE_NAME_MEANING } from './settings/names.ts';
import { serviceSettings } from './settings/service-settings.ts';
import { topicSetting } from './settings/topic-setting.ts';
import { sourceSettings } from './settings/source-settings.ts';

/** Configuration of `edgeml.InferenceApp`. The recipe's defaults and docs/configuration.md are generated from it. */
export const appConfiguration = z.object({
  LogLevel: choiceSetting(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Lowest level of the lines that are logged.'),

  SocketFolder: textSetting()
    .refine((path) => path === '' || isAbsolute(path), 'must be an absolute path, or "" for none')
    .default('')
    .describe(
      'Folder in which the socket for health and metrics lies a second time, for programs of other users, as SocketFolder of edgeml.InferenceAgent; it may be the same one. Empty: none. A change takes effect at the next start.',
    ),

  Sources: mapSetting(sourceSettings, z.string().regex(SERVICE_NAME, SERVICE_NAME_MEANING))
    .prefault({ images: {} })
    .describe('Where images come from, by name.'),

  MoreSources: mapSetting(sourceSettings, z.string().regex(SERVICE_NAME, SERVICE_NAME_MEANING))
    .default({})
    .describe(
      'Further sources, a map as Sources or, for dozens of cameras, the JSON text of one: nucleus lite reads 255 objects of a configuration, of which a text is one.',
    ),

  MaxSources: integerSetting({ min: 1, max: 1_024 })
    .default(64)
    .describe(
      'Sources that there may be. Each stream runs a player, a process with some ten descriptors and as much memory as its pictures need: more sources than this are refused.',
    ),

  Services: mapSetting(serviceSettings, z.string().regex(SERVICE_NAME, SERVICE_NAME_MEANING))
    .default({})
    .describe('Settings of single services of the agent, by their name.'),

  Concurrency: integerSetting({ min: 1, max: 64 })
    .default(2)
    .describe('Images that one service is asked about at once.'),
  TimeoutSeconds: numberSetting({ min: 0.1, max: 3_600 })
    .default(10)
    .describe('Deadline of one image, from asking to the answer.'),
  MaxImageMB: numberSetting({ min: 0.001, max: 1_024 })
    .default(32)
    .describe('Larger files are not read; they get an error as result.'),
  ModelWaitSeconds: numberSetting({ min: 0 })
    .default(300)
    .describe(
      'How long mode `once` waits for a service without an active model before its images get an error; 0: forever.',
    ),

  ResultTopic: topicSetting()
    .default(TOPIC_TEMPLATES.results)
    .describe(
      'Local topic of the results; {thing}, {service} and {source} are filled in. Empty: none. Another topic needs its own accessControl.',
    ),
  MaxMessageBytes: integerSetting({ min: 512, max: 100_000 })
    .default(4_000)
    .describe(
      'Longest result message; masks of the lowest scores go first (counted in `withoutMask`), then predictions with the lowest scores (`truncated`). Nucleus lite carries 7,200 bytes.',
    ),
  Mqtt: section({
    Enabled: booleanSetting().default(true).describe('Whether results are published to AWS IoT Core too.'),
    Topic: topicSetting()
      .default(TOPIC_TEMPLATES.mqttResults)
      .describe('IoT Core topic of the results; {thing}, {service} and {source} are filled in.'),
    Qos: choiceSetting(['0', '1'])
      .default('1')
      .describe('MQTT quality of service. While the device is offline the nucleus keeps quality 1 only.'),
  }),

  ...predecessorSettings,

  Annotate: section({
    Enabled: booleanSetting()
      .default(true)
      .describe('Whether images are kept with boxes, labels and scores drawn on them.'),
    Keep: choiceSetting(ANNOTATE_RULES)
      .default('auto')
      .describe(
        'Which of them: `always` every one; `interval` one per IntervalSeconds; `detections` the same, if something was found; `on-change` if something else was found than in the one kept before; `never`. `auto`: `detections` of streams, every image of other sources.',
      ),
    IntervalSeconds: numberSetting({ min: 0, max: 86_400 })
      .default(1)
      .describe(
        'Seconds between two that are kept of one source and service, at least, with `interval`, `detections` and `on-change`; 0: no limit.',
      ),
    Folder: textSetting()
      .default('annotated')
      .describe('Folder for them, relative to the work folder of the component.'),
    MaxMB: numberSetting({ min: 0.1, max: 1_048_576 })
      .default(100)
      .describe('Bytes that the folder may take; the oldest images go first.'),
    MinFreeDiskMB: numberSetting({ min: 0, max: 1_048_576 })
      .default(64)
      .describe('Nothing is written when less than this would stay free on the disk.'),
    MaxEdge: integerSetting({ min: 64, max: 16_384 })
      .default(1_920)
      .describe('Images with a longer edge are made smaller, in pixels.'),
    Quality: integerSetting({ min: 1, max: 100 }).default(85).describe('JPEG quality.'),
  }),

  ClipStore: clipStoreSettings,

  StatisticsIntervalSeconds: numberSetting({ min: 1, max: 86_400 })
    .default(60)
    .describe('Counters (answered, failed, skipped by reason) are logged this often while they change.'),
});

export type AppConfiguration = DeepReadonly<z.output<typeof appConfiguration>>;
export type SourceConfiguration = AppConfiguration['Sources'][string];
