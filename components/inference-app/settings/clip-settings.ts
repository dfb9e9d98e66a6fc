import {
  booleanSetting,
  integerSetting,
  numberSetting,
  section,
  textListSetting,
  textSetting,
} from '#packages/foundation';

/** The seconds of a stream that are kept, as the camera sent them. */
export const clipSettings = section({
  Enabled: booleanSetting()
    .default(false)
    .describe(
      'For `stream` in mode `watch`: whether the last seconds stay in memory, and clips are kept on request and by the rules below. Not together with Masks: a clip would show what they hide.',
    ),
  BeforeSeconds: numberSetting({ min: 0, max: 300 }).default(5).describe('Seconds before the moment that are kept.'),
  AfterSeconds: numberSetting({ min: 0, max: 300 }).default(5).describe('Seconds after it.'),
  MaxSeconds: numberSetting({ min: 1, max: 3_600 })
    .default(60)
    .describe('A clip grows while its reason continues, but not longer than this.'),
  MemoryMB: numberSetting({ min: 1, max: 1_024 })
    .default(16)
    .describe(
      'Memory for the last seconds, and as much again for a clip that is being recorded; beyond it the oldest seconds go, and the clip ends.',
    ),
  Detections: textListSetting()
    .default([])
    .describe('A clip is kept if a model finds one of these labels; `*`: any. Empty: models do not start clips.'),
  MinScore: numberSetting({ min: 0, max: 1 }).default(0.5).describe('Lowest score that counts for Detections.'),
  OnMotion: booleanSetting().default(false).describe('Whether a clip is kept while MotionGate sees motion.'),
});

/** The folder of all clips. */
export const clipStoreSettings = section({
  Folder: textSetting().default('clips').describe('Folder of clips, relative to the work folder of the component.'),
  MaxMB: numberSetting({ min: 1, max: 1_048_576 })
    .default(500)
    .describe('Bytes that the folder may take; the oldest clips go first.'),
  MaxClips: integerSetting({ min: 1, max: 1_000_000 })
    .default(1_000)
    .describe('Clips that the folder may hold; the oldest go first.'),
  MinFreeDiskMB: numberSetting({ min: 0, max: 1_048_576 })
    .default(256)
    .describe('No clip is written when less than this would stay free on the disk.'),
});
