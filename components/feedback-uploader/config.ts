import { isAbsolute } from 'node:path';
import * as z from 'zod';
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  messageOf,
  numberSetting,
  parseConfiguration,
  textSetting,
} from '#packages/foundation';
import type { DeepReadonly, UnknownSettings } from '#packages/foundation';
import { fillTopic, TOPIC_TEMPLATES } from '#packages/ipc';
import { endpointProblem } from '#packages/object-store';
import { feedbackMapSchema } from './settings/feedback-map-schema.ts';
import type { FeedbackSettings } from './settings/feedback-map-schema.ts';
import { readJsonObjectText } from './settings/json-text.ts';

export const COMPONENT = 'edgeml.FeedbackUploader';

/** Bytes of one MB in every setting here. */
export const MB = 1_000_000;

const uploaderSettings = z.object({
  LogLevel: choiceSetting(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Lowest level of the lines that are logged.'),
  SocketFolder: textSetting()
    .refine((path) => path === '' || isAbsolute(path), 'must be an absolute path, or "" for none')
    .default('')
    .describe(
      'Folder in which the socket lies a second time, for programs of other users, as SocketFolder of edgeml.InferenceAgent; it may be the same one. Empty: none. A change takes effect at the next start.',
    ),
  WorkFolderMode: choiceSetting(['700', '710'])
    .default('700')
    .describe(
      '`710` lets members of the group of the work folder reach the socket in it, as WorkFolderMode of edgeml.InferenceAgent. A change takes effect at the next start.',
    ),

  FeedbackConfigurationMap: feedbackMapSchema
    .default({})
    .describe('ConfigId → what to do with its samples, as an object or as JSON text.'),
  RequestLimit: textSetting({ pattern: /^$|^[0-9]{1,3}$/, meaning: 'expected a number from 0 to 999 as text, or ""' })
    .default('')
    .describe('Requests handled at once, from arrival to answer; one more is dropped. Empty or 0: no limit.'),
  MaxSampleMB: numberSetting({ min: 0.001, max: 24 }).default(16).describe('Larger samples are refused.'),

  SpoolMaxMB: numberSetting({ min: 4, max: 1_048_576 })
    .default(512)
    .describe('Disk space that waiting samples may take, everything included.'),
  SpoolMaxSamples: integerSetting({ min: 1, max: 100_000 }).default(20_000).describe('Samples that may wait.'),
  MinFreeDiskMB: numberSetting({ min: 0, max: 1_048_576 })
    .default(256)
    .describe('Samples are kept only while at least this stays free on the disk.'),

  SampleRecords: booleanSetting()
    .default(true)
    .describe(
      'Writes a JSON file of the same name beside each sample: its prediction, its model, and the reason for keeping it.',
    ),
  UplinkMBPerHour: numberSetting({ min: 0 })
    .default(0)
    .describe('Bytes sent to the store in any hour, headers included and paced over the hour; 0: no limit.'),
  UplinkMBPerDay: numberSetting({ min: 0 }).default(0).describe('The same for any 24 hours; 0: no limit.'),
  ParallelUploads: integerSetting({ min: 1, max: 4 }).default(2).describe('Samples that are uploaded at once.'),
  RetryCapSeconds: integerSetting({ min: 1, max: 86_400 })
    .default(300)
    .describe('Longest wait between attempts while the store cannot be reached.'),
  UploadTimeoutSeconds: integerSetting({ min: 1, max: 3_600 })
    .default(120)
    .describe('An attempt to upload one sample that takes longer is given up and repeated later.'),

  S3Region: textSetting().default('').describe('Region of the buckets; empty: the region of the device.'),
  S3Endpoint: urlOrEmpty().default('').describe('URL of another S3-compatible store; empty: Amazon S3.'),
  S3AllowHttp: booleanSetting()
    .default(false)
    .describe('Takes an S3Endpoint without TLS on another machine: anybody on the way can read samples and keys.'),
  S3ForcePathStyle: booleanSetting()
    .default(false)
    .describe('Bucket in the path and not in the host name, as most other stores want it.'),

  StatusTopic: topicOrEmpty()
    .default(TOPIC_TEMPLATES.mqttFeedbackStatus)
    .describe('MQTT topic of the status messages, one per request; empty: none. `{thing}` is filled in.'),
  StatusMessages: choiceSetting(['all', 'kept', 'failures'])
    .default('all')
    .describe(
      'Requests that have a status message: `all`; `kept` leaves out samples that their strategy dropped; `failures` leaves out uploaded ones too.',
    ),
  PredictionTopic: topicOrEmpty()
    .default(TOPIC_TEMPLATES.mqttFeedbackPrediction)
    .describe('MQTT topic of the predictions of uploaded samples; empty: none.'),
  LocalStatusTopic: topicOrEmpty()
    .default('')
    .describe('Local topic of the status messages, e.g. `feedback/message/status`; empty: none.'),
  LocalPredictionTopic: topicOrEmpty()
    .default('')
    .describe('Local topic of the predictions, e.g. `feedback/message/prediction`; empty: none.'),
  MetricsTopic: topicOrEmpty()
    .default(TOPIC_TEMPLATES.metrics)
    .describe('Local topic of the metrics, where aws.greengrass.Cloudwatch listens; empty: none.'),
  MaxMessageBytes: integerSetting({ min: 1_000, max: 131_072 })
    .default(120_000)
    .describe('A prediction message that is larger goes without its model-prediction. Nucleus lite carries 7,000.'),
});

/** Configuration of `edgeml.FeedbackUploader`. The recipe's defaults and docs/configuration.md are generated from it. */
export const uploaderConfiguration = uploaderSettings.superRefine((settings, context) => {
  const message = endpointProblem(settings);
  if (message) context.addIssue({ code: 'custom', path: ['S3Endpoint'], message, input: settings.S3Endpoint });
});

export type UploaderConfiguration = DeepReadonly<z.output<typeof uploaderConfiguration>>;
export type FeedbackConfiguration = DeepReadonly<FeedbackSettings>;

/**
 * The component's configuration as the nucleus hands it over.
 *
 * @throws EdgeError `config.invalid` with every problem at once
 */
export function readUploaderConfiguration(
  raw: unknown,
  onUnknown: (unknown: UnknownSettings) => void = () => undefined,
): UploaderConfiguration {
  return parseConfiguration(uploaderConfiguration, withMapAsObject(raw), {
    component: COMPONENT,
    onUnknown,
  });
}

/** Requests that may be handled at once; undefined for no limit: the old connector's queue took 0 so, too. */
export function requestLimitOf({ RequestLimit }: UploaderConfiguration): number | undefined {
  return Number(RequestLimit) || undefined;
}

/** Misspelled keys are warned about in objects only, so that a good text is made one first. */
function withMapAsObject(raw: unknown): unknown {
  const map = (raw as { FeedbackConfigurationMap?: unknown } | null | undefined)?.FeedbackConfigurationMap;
  if (typeof map !== 'string') return raw;
  const reading = readJsonObjectText(map);
  return reading.ok ? { ...(raw as object), FeedbackConfigurationMap: reading.value } : raw;
}

function topicOrEmpty() {
  return textSetting().superRefine((topic, context) => {
    if (topic === '') return;
    try {
      fillTopic(topic, { thing: 'thing' });
    } catch (thrown) {
      context.addIssue({ code: 'custom', message: messageOf(thrown), input: topic });
    }
  });
}

function urlOrEmpty() {
  return textSetting().refine(
    (text) => text === '' || (URL.canParse(text) && /^https?:/.test(text)),
    'expected a URL that begins with http:// or https://',
  );
}
