import { booleanSetting, listSetting, numberSetting, section } from '#packages/foundation';
import { polygonSetting } from './polygon-setting.ts';

/** When frames of a stream are looked at. */
export const motionGateSettings = section({
  Enabled: booleanSetting()
    .default(false)
    .describe(
      'Whether frames of a stream or pipeline are looked at only while something moves; the others count as `unchanged`.',
    ),
  Sensitivity: numberSetting({ min: 0, max: 1 })
    .default(0.5)
    .describe('How little is motion: 0: only large and clear changes; 1: the least that a camera’s noise leaves over.'),
  Masks: listSetting(polygonSetting())
    .default([])
    .describe(
      'Parts of the picture in which motion does not count: polygons, each a list of corners [x, y] as fractions of width and height, e.g. `[[[0, 0], [1, 0], [1, 0.2], [0, 0.2]]]` for the upper fifth.',
    ),
  EverySeconds: numberSetting({ min: 0, max: 86_400 })
    .default(10)
    .describe('One frame in so many seconds is looked at all the same; 0: none is.'),
});
