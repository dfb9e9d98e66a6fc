import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, float32, specOf } from '../../../testing/vision/decoder-rig.ts';
import { modelFolder } from '../../../testing/vision/model-folder.ts';

const CHARACTERS = ['a', 'b', '\u3000', '京'];
const spec = (keys: object = {}) =>
  specOf('text-recognition', { decoder: 'ctc', dictionary: 'dictionary.txt', scoreThreshold: 0, ...keys });

/** Says for each place which column is best, and how sure it is. */
function read(columns: number, path: readonly (readonly [best: number, score: number])[]) {
  const rows = path.map(([best, score]) =>
    Array.from({ length: columns }, (_, at) => (at === best ? score : (1 - score) / (2 * columns))),
  );
  return { probs: float32([1, path.length, columns], rows.flat()) };
}

async function packageWith(dictionary: string): Promise<string> {
  const manifest = { task: 'text-recognition', input: { width: 8, height: 8 }, output: spec().output };
  const folder = await modelFolder(manifest, { 'model.onnx': new Uint8Array(), 'dictionary.txt': dictionary }, []);
  return folder.files.dir;
}

describe('the ctc decoder', () => {
  it.each(['first', 'last'] as const)('reads what the obvious implementation reads, blank %s', async (blank) => {
    const packageDir = await packageWith(CHARACTERS.join('\n'));
    const letters = [...CHARACTERS, ' '];
    const columns = blank === 'first' ? ['-', ...letters] : [...letters, '-'];
    const place = fc.tuple(fc.nat(columns.length - 1), fc.float({ min: Math.fround(0.3), max: 1, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 12 }), async (path) => {
        const [one] = await decode(spec({ blank }), read(columns.length, path), { packageDir });
        const merged = path.filter(([best], at) => best !== path[at - 1]?.[0]);
        const kept = merged.filter(([best]) => columns[best] !== '-');
        expect(one?.text ?? '').toBe(kept.map(([best]) => columns[best]).join(''));
        const mean = kept.reduce((sum, [, score]) => sum + Math.fround(score), 0) / kept.length;
        if (one) expect(one.score).toBeCloseTo(mean, 9);
      }),
    );
  });

  it('makes probabilities of raw scores', async () => {
    const packageDir = await packageWith('a\nb\n');
    const outputs = { logits: float32([1, 2, 3], [0, 2, 1, 3, 1, 1]) };
    const [one] = await decode(spec({ activation: 'softmax' }), outputs, { packageDir });
    expect(one).toMatchObject({ classId: 0, label: 'text', text: 'a' });
    expect(one?.score).toBeCloseTo(Math.exp(2) / (1 + Math.exp(2) + Math.E), 6);
  });

  it('leaves out what is too unsure, and an empty text', async () => {
    const packageDir = await packageWith('a\nb\n');
    const unsure = read(4, [[1, 0.4]]);
    expect(await decode(spec({ scoreThreshold: 0.5 }), unsure, { packageDir })).toEqual([]);
    expect(await decode(spec(), unsure, { packageDir })).toHaveLength(1);
    expect(await decode(spec(), read(4, [[0, 0.9]]), { packageDir })).toEqual([]);
  });

  it('refuses a dictionary that does not fit, and one that is not there', async () => {
    const packageDir = await packageWith('a\n');
    await expect(decode(spec(), read(5, [[1, 0.9]]), { packageDir })).rejects.toThrow(
      'has 5 columns, one of them the blank, and "dictionary.txt" lists 1 characters',
    );
    await expect(decode(spec({ dictionary: 'keys.txt' }), read(3, [[1, 0.9]]), { packageDir })).rejects.toThrow(
      '"keys.txt"',
    );
  });
});
