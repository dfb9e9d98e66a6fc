import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIou } from '#packages/vision';
import type { LoadedModel } from '#packages/vision';
import type { Prediction } from '#packages/model-package';
import { MODEL_NAMES, loadReference, referenceModel } from '../../testing/vision/reference-models.ts';
import { streetScene } from '../../testing/vision/reference/street-scene.ts';
import { expectedResults, photo, photoNames, skipReason } from '../../testing/vision/shared-data.ts';
import type { ExpectedRow } from '../../testing/vision/shared-data.ts';

if (skipReason) console.warn(skipReason);

describe.skipIf(skipReason)('real models on real photos', () => {
  describe.each(MODEL_NAMES)('%s', (name) => {
    const { manifest } = skipReason ? { manifest: undefined } : referenceModel(name);
    let model: LoadedModel;
    beforeAll(async () => {
      model = await loadReference(referenceModel(name));
    });
    afterAll(() => model?.close());

    it.each(photoNames())('%s gives what the reference pipeline gives', async (image) => {
      const rows = expectedResults()[image]?.[name];
      const { predictions } = await model.infer(photo(image));
      if (!rows) return expect(predictions.length).toBeGreaterThanOrEqual(0);
      if (manifest?.task === 'image-classification') compareClasses(predictions, rows);
      else compareBoxes(predictions, rows, manifest?.output as never);
    });
  });
});

/** The pictures of docs/models.md show what is found here. */
describe.skipIf(skipReason)('real models on the drawn street', () => {
  it.each([
    ['ssd_mobilenet_v1_coco_fp32_nchw', 'stopsign'],
    ['yolo-fastest-1.1-xl', 'stop sign'],
  ])('%s finds the stop sign and the clock, and nothing else', async (name, sign) => {
    const model = await loadReference(referenceModel(name));
    const { predictions } = await model.infer(await streetScene());
    await model.close();
    const found = new Map(predictions.map(({ label, box }) => [label, box]));
    expect(predictions).toHaveLength(2);
    const drawn = new Map([
      [sign, [78 / 640, 60 / 480, 278 / 640, 260 / 480]],
      ['clock', [414 / 640, 114 / 480, 586 / 640, 286 / 480]],
    ] as const);
    for (const [label, box] of drawn) {
      expect(boxIou(found.get(label) as Box, box), label).toBeGreaterThan(0.7);
    }
  });

  it('mobilenet_v2 sees the clock', async () => {
    const model = await loadReference(referenceModel('mobilenet_v2_fp32_nchw'));
    const { predictions } = await model.infer(await streetScene());
    await model.close();
    expect(predictions[0]?.label).toBe('analog clock');
  });
});

type Box = Parameters<typeof boxIou>[0];

function compareClasses(predictions: readonly Prediction[], rows: readonly ExpectedRow[]): void {
  const [index, label, probability] = rows[0] as [number, string, number];
  expect(predictions[0]?.classId).toBe(index);
  // The reference keeps the first of several names.
  expect(predictions[0]?.label.split(',')[0]).toBe(label);
  expect(Math.abs((predictions[0]?.score as number) - probability)).toBeLessThan(0.03);
}

/** Every sure box is found with its label, place and score, and nothing sure is found that is not expected. */
function compareBoxes(
  predictions: readonly Prediction[],
  rows: readonly ExpectedRow[],
  output: { scoreThreshold: number },
): void {
  const sure = output.scoreThreshold + 0.05;
  const expected = rows.map((row) => {
    const [label, score, ...box] = row as [string, number, number, number, number, number];
    return { label, score, box };
  });
  const matches = (
    a: { label: string; box?: readonly number[] },
    b: { label: string; box?: readonly number[] },
  ): boolean => a.label === b.label && boxIou(a.box as never, b.box as never) >= 0.85;
  for (const one of expected.filter(({ score }) => score >= sure)) {
    const found = predictions.filter((prediction) => matches(prediction, one));
    expect(
      found.length,
      `${one.label} ${one.score} at ${one.box.join(' ')} in ${JSON.stringify(predictions)}`,
    ).toBeGreaterThan(0);
    expect(Math.min(...found.map(({ score }) => Math.abs(score - one.score)))).toBeLessThan(0.05);
  }
  for (const one of predictions.filter(({ score }) => score >= sure)) {
    expect(
      expected.some((row) => matches(row, one)),
      `unexpected ${JSON.stringify(one)}`,
    ).toBe(true);
  }
}
