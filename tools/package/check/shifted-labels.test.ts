import { expect, it } from 'vitest';
import type { ModelManifest } from '#packages/model-package';
import { whyShifted } from './shifted-labels.ts';

const withOutput = (output: object): ModelManifest => ({ output }) as ModelManifest;
const ssd = { decoder: 'ssd', classes: 'c', classOffset: 0 };
const perClass = { decoder: 'ssd', boxes: 'b', backgroundClass: 0, classOffset: 0 };
const found = (classId: number, label: string) => [{ classId, label, score: 0.9 }];
const LABELS = ['background', 'gear', 'bolt'];

it.each([
  [
    { decoder: 'yolov8' },
    LABELS,
    found(1, 'gear'),
    /the first label is "background", and models of the decoder yolov8/,
  ],
  [perClass, ['???', 'gear'], found(1, 'gear'), /backgroundClass has taken that class away already/],
  [{ decoder: 'yolov5' }, ['unlabeled', 'gear'], found(1, 'gear'), /models of the decoder yolov5/],
  [{ ...ssd, classOffset: 0 }, LABELS, found(0, 'background'), /the model finds it: class 0 is something else/],
])('sees that labels are shifted: %j', (output, labels, predictions, why) => {
  expect(whyShifted(withOutput(output), labels, predictions)).toMatch(why);
});

it.each([
  [{ ...ssd, classOffset: 1 }, LABELS],
  [{ ...perClass, classOffset: 1 }, LABELS],
  // The graph counts from 1.
  [ssd, LABELS],
  [{ decoder: 'classification' }, LABELS],
  [{ decoder: 'yolov8' }, ['gear', 'bolt']],
])('takes labels that fit: %j', (output, labels) => {
  expect(whyShifted(withOutput(output), labels, found(1, 'gear'))).toBeUndefined();
});
