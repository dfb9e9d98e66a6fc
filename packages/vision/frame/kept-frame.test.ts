import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from '#packages/jpeg';
import { PackageFiles, readPackage } from '#packages/model-package';
import type { Prediction } from '#packages/model-package';
import { needs } from '../../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../../testing/outside-data/programs.ts';
import { decodedFrame } from '../../../testing/vision/decoded-video.ts';
import { projectPaths } from '../../../tools/bundle/project.ts';
import { boxIou } from '../golden/compare-predictions.ts';
import { ImagePreparer } from '../image-preparer.ts';
import { loadModel, preparerOptions } from '../load-model.ts';

/** The sample detector, asked about frames and about files. */
async function detector() {
  const { dir, hashes, manifest, labels } = await readPackage(path.join(projectPaths.models, 'PartsDetector'));
  const variant = manifest.variants[0];
  const options = { variant, providers: ['cpu'], intraOpThreads: 1, spinning: false } as const;
  return {
    model: await loadModel(new PackageFiles(dir, hashes), manifest, labels, options),
    preparer: new ImagePreparer(manifest.input!, preparerOptions({})),
  };
}

function expectSamePredictions(actual: readonly Prediction[], expected: readonly Prediction[]): void {
  expect(actual.map(({ label }) => label).sort()).toEqual(expected.map(({ label }) => label).sort());
  for (const one of expected) {
    const best = Math.max(
      ...actual.filter(({ label }) => label === one.label).map(({ box }) => boxIou(box!, one.box!)),
    );
    expect(best).toBeGreaterThan(0.9);
  }
}

describe('a kept frame', { ...(await needs(ffmpeg)), timeout: 60_000 }, () => {
  it('predicted again, gives the boxes that the frame gave, whatever matrix and range it came in', async () => {
    const { model, preparer } = await detector();
    try {
      for (const colors of [
        { matrix: 'bt601', range: 'limited' },
        { matrix: 'bt709', range: 'limited' },
        { matrix: 'bt709', range: 'full' },
      ] as const) {
        const frame = await decodedFrame('belt-03.jpg', { width: 960, height: 640, format: 'yuv420p' }, colors);
        const { predictions } = await model.inferPrepared(preparer.prepareFrame(frame));
        const kept = await model.infer(await encodeFrame(frame, { quality: 90 }));
        expect(predictions.length).toBeGreaterThan(2);
        expectSamePredictions(kept.predictions, predictions);
      }
    } finally {
      await model.close();
    }
  });
});
