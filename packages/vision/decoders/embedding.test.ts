import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddingText, vectorOf } from '#packages/model-package';
import { decode, float32, floats, specOf } from '../../../testing/vision/decoder-rig.ts';

const SIZE = 6;
const embeddingSpec = (output: object = {}) => specOf('embedding', { decoder: 'embedding', ...output });
const vectors = fc
  .array(floats(-4, 4), { minLength: SIZE, maxLength: SIZE })
  .filter((vector) => vector.some((value) => Math.abs(value) > 0.01));

/** The obvious implementation. */
function slowCosine(one: readonly number[], other: readonly number[]): number {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
  return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
}

let packageDir: string;
beforeAll(async () => {
  packageDir = await mkdtemp(path.join(tmpdir(), 'edgeml-gallery-'));
});
afterAll(() => rm(packageDir, { recursive: true, force: true }));

const writeGallery = (content: unknown) => writeFile(path.join(packageDir, 'gallery.json'), JSON.stringify(content));

describe('the embedding decoder', () => {
  it('gives a vector of length 1 that points where the output does', async () => {
    await fc.assert(
      fc.asyncProperty(vectors, async (values) => {
        const [found, ...more] = await decode(embeddingSpec(), { e: float32([1, SIZE], values) });
        expect(more).toEqual([]);
        expect(found).toMatchObject({ classId: 0, label: 'unknown', score: 0, threshold: 0.5 });
        const vector = [...vectorOf(found!.embedding!)!];
        expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
        expect(slowCosine(vector, values)).toBeCloseTo(1, 5);
      }),
    );
  });

  it('names the picture as the nearest known vector, by the cosine that the obvious implementation gives', async () => {
    const gallery = fc.array(vectors, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(vectors, gallery, floats(0, 1), async (values, known, scoreThreshold) => {
        await writeGallery(
          known.map((vector, at) => ({ name: `n${at}`, embedding: embeddingText(Float32Array.from(vector)) })),
        );
        const spec = embeddingSpec({ gallery: 'gallery.json', scoreThreshold });
        const [found] = await decode(spec, { e: float32([1, SIZE], values) }, { packageDir });
        const cosines = known.map((vector) => slowCosine(vector, values));
        const best = Math.max(...cosines);
        expect(found!.score).toBeCloseTo(Math.max(0, best), 5);
        // Rounding decides between cosines that are as good as equal.
        if (Math.abs(best - scoreThreshold) < 1e-5) return;
        const names = cosines.flatMap((cosine, at) => (cosine > best - 1e-5 ? [`n${at}`] : []));
        const wanted = best > 0 && best >= scoreThreshold ? names : ['unknown'];
        expect(wanted).toContain(found!.label);
        expect(found!.classId).toBe(found!.label === 'unknown' ? 0 : 1);
      }),
    );
  });

  it('makes one vector of rows or of a map', async () => {
    const vectorsOf = async (pooling: string, shape: readonly number[], values: readonly number[]) => {
      const [found] = await decode(embeddingSpec({ pooling }), { e: float32(shape, values) });
      return [...vectorOf(found!.embedding!)!].map((value) => Math.round(value * 1000) / 1000);
    };
    // Two rows of three numbers, and three channels of two pixels.
    expect(await vectorsOf('first', [1, 2, 3], [0, 3, 4, 9, 9, 9])).toEqual([0, 0.6, 0.8]);
    expect(await vectorsOf('mean', [1, 2, 3], [0, 2, 8, 0, 4, 0])).toEqual([0, 0.6, 0.8]);
    expect(await vectorsOf('mean', [1, 3, 1, 2], [0, 0, 2, 4, 8, 0])).toEqual([0, 0.6, 0.8]);
  });

  it.each([
    ['has several vectors', {}, [1, 2, 2], [1, 2, 3, 4], 'pooling'],
    ['points nowhere', {}, [1, 2], [0, 0], 'zero or not a number'],
    ['is not a number', {}, [1, 2], [1, NaN], 'zero or not a number'],
    ['does not have rows', { pooling: 'first' }, [1, 2, 1, 1], [1, 2], '[1, rows, D]'],
  ])('refuses an output that %s', async (_, output, shape, values, says) => {
    await expect(decode(embeddingSpec(output), { e: float32(shape, values) })).rejects.toThrow(says);
  });

  it('refuses a gallery of another size, and one that it cannot read', async () => {
    const spec = embeddingSpec({ gallery: 'gallery.json' });
    const outputs = { e: float32([1, 3], [1, 2, 3]) };
    await writeGallery([{ name: 'nut', embedding: embeddingText(Float32Array.of(1, 2)) }]);
    await expect(decode(spec, outputs, { packageDir })).rejects.toThrow('3 numbers, and "nut" of the gallery 2');
    for (const bad of [{}, [null], [{ name: 'nut', embedding: 'abc' }], [{ embedding: 'AAAAAA==' }]]) {
      await writeGallery(bad);
      await expect(decode(spec, outputs, { packageDir })).rejects.toMatchObject({ code: 'model.file-missing' });
    }
  });
});
