import * as z from 'zod';
import { choiceSetting, listSetting, numberSetting, section, textListSetting } from '#packages/foundation';

const fraction = numberSetting({ min: 0, max: 1 });

/** `redaction` of a feedback configuration. */
export const redactionSchema = section({
  polygons: listSetting(z.array(z.tuple([fraction, fraction])).min(3, 'a polygon has at least 3 corners'))
    .default([])
    .describe('Areas that are always hidden: lists of [x, y] corners as fractions of the upright image.'),
  classes: textListSetting()
    .default([])
    .describe('Labels, or class numbers, of detections whose boxes are hidden; `*` for all.'),
  mode: choiceSetting(['blur', 'black']).default('blur').describe('How areas are hidden.'),
  'min-score': fraction.default(0).describe('Detections below this score are not hidden.'),
  margin: fraction.default(0.1).describe('Boxes grow on every side by this share of their size.'),
}).refine(
  ({ polygons, classes }) => polygons.length + classes.length > 0,
  'names neither polygons nor classes, so nothing would be hidden',
);

export type RedactionSettings = z.output<typeof redactionSchema>;
