import * as z from 'zod';
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  mapSetting,
  numberSetting,
  section,
  textListSetting,
  textSetting,
} from '#packages/foundation';

import { PREDECESSOR_NAMES } from '../predecessor/predecessors.ts';
import { SERVICE_NAME, SERVICE_NAME_MEANING } from './names.ts';
import { topicSetting } from './topic-setting.ts';

const onlyWith = 'With Replaces only';
const NAME = /^aws\.greengrass\.(DLR|TensorFlowLite)(ImageClassification|ObjectDetection)$/;
const NAME_MEANING = `expected one of ${PREDECESSOR_NAMES.join(', ')}`;

/** Settings of the machine-learning components of Greengrass v2 under their own names. */
const oldSettings = {
  PublishResultsOnTopic: topicSetting()
    .optional()
    .describe(
      `${onlyWith}: IoT Core topic of the results; empty or blank: the log only. Default: the old component's.`,
    ),
  Accelerator: choiceSetting(['cpu', 'gpu'])
    .optional()
    .describe(
      `${onlyWith}: \`gpu\` warns where the model runs on the CPU; the agent's configuration decides. Default: \`cpu\`.`,
    ),
  ImageDirectory: textSetting()
    .optional()
    .describe(`${onlyWith}: folder of the image. Default: the sample images in the artifact of edgeml.InferenceApp.`),
  ImageName: textSetting({
    pattern: /\.(jpeg|jpg|png|npy)$/i,
    meaning: 'expected the name of a jpeg, jpg, png or npy file',
  })
    .optional()
    .describe(`${onlyWith}: the image (jpeg, jpg, png, npy). Default: \`cat.jpeg\` or \`objects.jpg\`.`),
  InferenceInterval: numberSetting({ min: 0.05, max: 31_536_000 })
    .optional()
    .describe(`${onlyWith}: seconds from one inference to the next. Default: 3600.`),
  UseCamera: booleanSetting()
    .optional()
    .describe(
      `${onlyWith}: one frame of the camera per interval in place of the image: the source \`camera\` of Sources, else /dev/video0. Default: false.`,
    ),
  ModelResourceKey: mapSetting(textSetting({ pattern: SERVICE_NAME, meaning: `expected ${SERVICE_NAME_MEANING}` }))
    .optional()
    .describe(
      `${onlyWith}: service by architecture (armv7l, aarch64, x86_64, windows) or under \`model\`. Default: the first active model of the component's kind.`,
    ),
};

export const OLD_KEYS = Object.keys(oldSettings) as readonly (keyof typeof oldSettings)[];

/** The settings of the machine-learning components of Greengrass v2, and what goes with them. */
export const predecessorSettings = {
  Replaces: textListSetting(choiceSetting(PREDECESSOR_NAMES))
    .default([])
    .describe(
      'Components of Greengrass v2 that this one stands in for, one or several: their settings are taken under their old names, with their defaults, in place of Sources, ResultTopic and Mqtt; their messages are sent. Empty: none.',
    ),
  ...oldSettings,
  ReplacedComponents: mapSetting(section(oldSettings), z.string().regex(NAME, NAME_MEANING))
    .default({})
    .describe('If Replaces names several: the settings of each by its name, over those beside Replaces.'),

  ResultFormat: choiceSetting(['edgeml', 'greengrass-v2'])
    .default('edgeml')
    .describe(
      'Form of the result messages: ours, or that of the components of Greengrass v2 (inference-type, inference-results), which Replaces implies.',
    ),
  GreengrassV2: section({
    MaxResults: integerSetting({ min: 1, max: 1_000 }).default(5).describe('Predictions in a message, the best first.'),
    ScoreThreshold: numberSetting().default(0.3).describe('Predictions with a lower score are left out.'),
  }),
};
