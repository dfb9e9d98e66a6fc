import { z } from 'zod';
import type { DeepReadonly } from '../common/config/parse-configuration.ts';
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  mapSetting,
  numberSetting,
  section,
  textListSetting,
  textSetting,
} from '../common/config/settings.ts';
import { fillTopic, TOPIC_TEMPLATES } from '../common/topics/topics.ts';

const NAME = /^[A-Za-z0-9](?:[-_.]*[A-Za-z0-9]){0,127}$/;
const NAME_MEANING = 'letters and digits, with "-", "_" or "." between them, 128 at most';
const TOPIC_MEANING =
  'is no topic: use {thing}, {service} and {source} only, no wildcards, 256 bytes and 7 slashes at most';

const serviceSettings = section({
  MLFeedbackConnectorConfigId: textSetting({
    pattern: /^$|^[a-zA-Z0-9][a-zA-Z0-9-]{1,62}$/,
    meaning: 'expected a ConfigId: 2 to 63 letters, digits and "-", or nothing',
  })
    .default('')
    .describe(
      'ConfigId of edgeml.FeedbackUploader that every inference of the service is given to, image and prediction; empty: none is.',
    ),
});

const sourceSettings = section({
  Enabled: booleanSetting().default(true).describe('Whether the source is read.'),
  Type: choiceSetting(['folder', 'stream'])
    .default('folder')
    .describe('`folder`: image files. `stream`: camera, stream or video file through ffmpeg.'),
  Path: textSetting()
    .default('images')
    .describe('Folder, relative to the work folder of the component; a relative one is made when it is missing.'),
  Url: textSetting()
    .default('')
    .describe(
      'What a `stream` reads: rtsp://…, http://…, a device such as /dev/video0, or a video file, relative to the work folder.',
    ),
  ImageName: textSetting()
    .default('')
    .describe('Only this file of the folder; empty: every image (jpeg, jpg, png, webp, npy).'),
  Mode: choiceSetting(['once', 'interval', 'watch'])
    .default('watch')
    .describe(
      '`once`: every image once, then the component finishes. `interval`: every image again and again, one pass per InferenceInterval. `watch`: every image that appears or changes.',
    ),
  InferenceInterval: numberSetting({ min: 0.05, max: 31_536_000 })
    .default(3600)
    .describe('Seconds from the start of one pass to the start of the next, in mode `interval`.'),
  Recursive: booleanSetting().default(true).describe('Whether folders inside the folder are read too.'),
  ReadExisting: booleanSetting()
    .default(true)
    .describe('Whether mode `watch` looks at the images that are there when it starts.'),
  Backlog: integerSetting({ min: 1, max: 1_000_000 })
    .default(1_000)
    .describe(
      'Images that may wait for a service in modes `interval` and `watch`; beyond that the oldest is skipped as stale. 1: always the freshest only.',
    ),
  MaxAgeSeconds: numberSetting({ min: 0 })
    .default(0)
    .describe('An image that has waited longer is skipped as stale; 0: never. Mode `once` skips nothing.'),
  Format: textSetting()
    .default('')
    .describe("A stream's format as ffmpeg names it (v4l2, mpegts, lavfi, …); empty: found out."),
  Loop: booleanSetting().default(false).describe('Whether a video file begins again at its end.'),
  FramesPerSecond: numberSetting({ min: 0, max: 240 })
    .default(0)
    .describe('Frames of a stream that are looked at per second, at most; 0: as many as it has.'),
  MaxWidth: integerSetting({ min: 0, max: 16_384 })
    .default(0)
    .describe('Frames of a stream that are wider are made smaller, in pixels; 0: never.'),
  JpegQuality: integerSetting({ min: 1, max: 31 })
    .default(3)
    .describe("Quality of a stream's frames on their way to the model, from 1 (best) to 31, ffmpeg's -q:v."),
  RtspTransport: choiceSetting(['tcp', 'udp']).default('tcp').describe('How RTSP cameras send their pictures.'),
  NoFrameSeconds: numberSetting({ min: 0.1, max: 86_400 })
    .default(15)
    .describe('A stream without a frame for this long is opened again.'),
  InputOptions: textListSetting()
    .default([])
    .describe('More options for ffmpeg, before its -i, e.g. `["-video_size", "1280x720"]`.'),
  FfmpegPath: textSetting().default('ffmpeg').describe('The ffmpeg command, or its path.'),
  Services: textListSetting()
    .refine((names) => names.every((name) => NAME.test(name)), `names of services are ${NAME_MEANING}`)
    .default([])
    .describe('Services of the agent that look at each image; empty: all models that are active at that moment.'),
});

/** Configuration of `edgeml.InferenceApp`. The recipe's defaults and docs/configuration.md are generated from it. */
export const appConfiguration = z.object({
  LogLevel: choiceSetting(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Lowest level of the lines that are logged.'),

  Sources: mapSetting(sourceSettings, z.string().regex(NAME, NAME_MEANING))
    .prefault({ images: {} })
    .describe('Where images come from, by name.'),

  Services: mapSetting(serviceSettings, z.string().regex(NAME, NAME_MEANING))
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
      'How long mode `once` waits for a service without an active model before its images get an error; 0: for ever.',
    ),

  ResultTopic: topicSetting()
    .default(TOPIC_TEMPLATES.results)
    .describe(
      'Local topic of the results; {thing}, {service} and {source} are filled in. Empty: none. Another topic needs its own accessControl.',
    ),
  MaxMessageBytes: integerSetting({ min: 512, max: 100_000 })
    .default(4_000)
    .describe(
      'Longest result message; predictions with the lowest scores are cut and counted in `truncated`. Nucleus lite drops frames over 10,000 bytes.',
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

  Annotate: section({
    Enabled: booleanSetting()
      .default(true)
      .describe('Whether images are kept with boxes, labels and scores drawn on them.'),
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

  StatisticsIntervalSeconds: numberSetting({ min: 1, max: 86_400 })
    .default(60)
    .describe('Counters (answered, failed, skipped by reason) are logged this often while they change.'),
});

export type AppConfiguration = DeepReadonly<z.output<typeof appConfiguration>>;
export type SourceConfiguration = AppConfiguration['Sources'][string];

function topicSetting() {
  return textSetting().refine(isTopicTemplate, TOPIC_MEANING);
}

function isTopicTemplate(template: string): boolean {
  if (template === '') return true;
  try {
    fillTopic(template, { thing: 't', service: 's', source: 'x' });
    return true;
  } catch {
    return false;
  }
}
