import { describe, expect, it } from 'vitest';
import { boxIou } from '#packages/vision';
import type { Prediction } from '#packages/model-package';
import { needs } from '../../testing/outside-data/needs.ts';
import { visionData } from '../../testing/outside-data/vision-data.ts';
import { MODEL_NAMES, loadReference, referenceModel } from '../../testing/vision/reference-models.ts';
import { streetScene } from '../../testing/vision/reference/street-scene.ts';
import { expectedResults, photo } from '../../testing/vision/shared-data.ts';
import type { ExpectedRow } from '../../testing/vision/shared-data.ts';

const models = await needs(visionData);
/** The int8 build does not have its own results: if the other is this sure, it has to give the same class. */
const QUANTIZED = { mobilenet_v2_int8: 'mobilenet_v2_fp32_nchw' } as const;
const SURE = 0.5;

describe('real models on real photos', models, () => {
  it.each(MODEL_NAMES.filter((name) => !(name in QUANTIZED)))(
    '%s gives what the reference pipeline gives',
    async (name) => {
      const { manifest } = referenceModel(name);
      const compared = await onEveryPhoto(name, (image, predictions) => {
        const rows = expectedResults()[image]?.[name];
        expect(rows, `${image} in expected.json`).toBeDefined();
        if (manifest.task === 'image-classification') compareClasses(image, predictions, rows!, 0.03);
        else compareBoxes(image, predictions, rows!, manifest.output as never);
      });
      expect(compared).toBeGreaterThan(0);
    },
  );

  it.each(Object.entries(QUANTIZED))('%s gives what %s is sure of', async (name, other) => {
    let sure = 0;
    await onEveryPhoto(name, (image, predictions) => {
      const rows = expectedResults()[image]?.[other] ?? [];
      if (Number(rows[0]?.[2]) < SURE) return;
      sure++;
      compareClasses(image, predictions, rows, 0.15);
    });
    expect(sure).toBeGreaterThan(0);
  });
});

/** Calls `compare` with what the model gives for each photo of the reference results; returns how many there were. */
async function onEveryPhoto(
  name: string,
  compare: (image: string, predictions: readonly Prediction[]) => void,
): Promise<number> {
  const model = await loadReference(referenceModel(name));
  try {
    const images = Object.keys(expectedResults());
    for (const image of images) compare(image, (await model.infer(photo(image))).predictions);
    return images.length;
  } finally {
    await model.close();
  }
}

/** The pictures of docs/models.md show what is found here. */
describe('real models on the drawn street', models, () => {
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

function compareClasses(
  image: string,
  [best]: readonly Prediction[],
  rows: readonly ExpectedRow[],
  tolerance: number,
): void {
  const [index, label, probability] = rows[0] as [number, string, number];
  // The reference keeps the first of several names.
  expect([image, best?.classId, best?.label.split(',')[0]]).toEqual([image, index, label]);
  expect(Math.abs((best?.score as number) - probability), image).toBeLessThan(tolerance);
}

/** Every sure box is found with its label, place and score, and nothing sure is found that is not expected. */
function compareBoxes(
  image: string,
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
      `${image}: ${one.label} ${one.score} at ${one.box.join(' ')} in ${JSON.stringify(predictions)}`,
    ).toBeGreaterThan(0);
    expect(Math.min(...found.map(({ score }) => Math.abs(score - one.score)))).toBeLessThan(0.05);
  }
  for (const one of predictions.filter(({ score }) => score >= sure)) {
    expect(
      expected.some((row) => matches(row, one)),
      `${image}: unexpected ${JSON.stringify(one)}`,
    ).toBe(true);
  }
}
