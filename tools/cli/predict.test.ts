import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { BLUE, RED, plain } from '../../testing/vision/images.ts';
import { modelFolder } from '../../testing/vision/model-folder.ts';
import type { ModelFolder } from '../../testing/vision/model-folder.ts';
import { meanColorModel } from '../../testing/vision/onnx-builder.ts';
import { MemoryIo } from './frame/io.ts';
import { runProgram } from './program.ts';

const COLORS = {
  schemaVersion: 1,
  name: 'Colors',
  version: '1.0.0',
  task: 'image-classification',
  input: { width: 8, height: 8, std: 255 },
  output: { decoder: 'classification' },
  labels: 'labels.txt',
  variants: [{ file: 'model.onnx' }, { file: 'half.onnx' }],
};

let folder: ModelFolder;
beforeEach(async () => {
  folder = await modelFolder(
    {},
    {
      'model.json': JSON.stringify(COLORS),
      'labels.txt': 'red\ngreen\nblue\n',
      'half.onnx': meanColorModel(8, { scale: 0.5 }),
      'red.jpg': await plain(RED).jpeg({ quality: 100 }).toBuffer(),
      'blue.png': await plain(BLUE).png().toBuffer(),
      'note.jpg': 'this is text',
    },
  );
});
afterEach(() => folder.remove());

const file = (name: string): string => path.join(folder.dir, name);

async function predict(...args: string[]) {
  const io = new MemoryIo();
  const code = await runProgram(['predict', ...args], io, new AbortController().signal);
  const lines = io.out.split('\n').filter((line) => line.startsWith('{'));
  return { code, io, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const base = (): string[] => ['--package', folder.dir, '--json', '--image'];

describe('edgeml predict', () => {
  it('prints one JSON object per image', async () => {
    const { code, lines } = await predict(...base(), file('red.jpg'), file('blue.png'));
    expect(code).toBe(0);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      image: file('red.jpg'),
      provider: 'cpu',
      variant: 'model.onnx',
      width: 16,
      height: 16,
    });
    expect(lines[1]).toMatchObject({
      predictions: [{ classId: 2, label: 'blue', score: 1 }, { label: 'red' }, { label: 'green' }],
    });
    expect(Object.keys(lines[0]?.['timings'] as object)).toEqual([
      'decodeMs',
      'preprocessMs',
      'runMs',
      'postprocessMs',
      'totalMs',
    ]);
  });

  it('prints for people what was found and how long it took', async () => {
    const { code, io } = await predict('--package', folder.dir, '--image', file('blue.png'));
    expect(code).toBe(0);
    expect(io.out).toMatch(/blue\.png {2}16×16 .* ms \(decode .*, resize .*, run /);
    expect(io.out).toMatch(/^ {2}blue +1\.0000$/m);
  });

  it('goes on after an image that it cannot read, and ends with 1', async () => {
    const { code, lines } = await predict(...base(), file('note.jpg'), file('none.jpg'), file('blue.png'));
    expect(code).toBe(1);
    expect(lines.map((line) => (line['error'] as { code: string } | undefined)?.code)).toEqual([
      'image.unrecognised',
      'cli.image-unreadable',
      undefined,
    ]);
  });

  it('runs the variant that is asked for', async () => {
    const { lines } = await predict(...base(), file('blue.png'), '--variant', 'half.onnx');
    expect(lines[0]).toMatchObject({ variant: 'half.onnx', predictions: [{ label: 'blue', score: 0.5 }, {}, {}] });
  });

  it('runs on WebAssembly', async () => {
    const { lines } = await predict(...base(), file('blue.png'), '--provider', 'wasm');
    expect(lines[0]).toMatchObject({ provider: 'wasm', predictions: [{ label: 'blue', score: 1 }, {}, {}] });
  });

  it('says why it steps down the ladder, and refuses to where it must not', async () => {
    const stepped = await predict(...base(), file('blue.png'), '--provider', 'cuda,cpu');
    expect(stepped.code).toBe(0);
    expect(stepped.io.err).toContain('cuda is not used: ');
    const refused = await predict(...base(), file('blue.png'), '--provider', 'cuda,cpu', '--require-provider');
    expect(refused.code).toBe(1);
    expect(refused.io.err).toContain('model.provider-unavailable');
  });

  it('draws what it found', async () => {
    const out = file('drawn');
    const { code } = await predict(...base(), file('red.jpg'), file('blue.png'), '--annotate', out);
    expect(code).toBe(0);
    for (const name of ['red', 'blue']) {
      expect((await readFile(path.join(out, `${name}.annotated.jpg`))).subarray(0, 2)).toEqual(Buffer.of(0xff, 0xd8));
    }
  });

  it('runs the golden test when asked', async () => {
    const golden = [{ input: 'red.jpg', expect: 'red.json' }];
    await writeFile(file('model.json'), JSON.stringify({ ...COLORS, golden }));
    await writeFile(file('red.json'), JSON.stringify([{ classId: 0, label: 'red', score: 0.99 }]));
    expect((await predict(...base(), file('blue.png'), '--golden')).code).toBe(0);
    await writeFile(file('red.json'), JSON.stringify([{ classId: 1, label: 'green', score: 0.99 }]));
    const failed = await predict(...base(), file('blue.png'), '--golden');
    expect(failed.code).toBe(1);
    expect(failed.io.err).toContain('cli.golden-failed');
  });

  it.each([
    ['neither package nor service', ['--image', 'a.jpg']],
    ['both', ['--package', '.', '--service', 's', '--image', 'a.jpg']],
    ['no image', ['--package', '.']],
  ])('ends with 2 for %s', async (_what, args) => {
    expect((await predict(...args)).code).toBe(2);
  });

  it.each([
    ['an unknown provider', ['--provider', 'gpu']],
    ['a variant that is not there', ['--variant', 'none.onnx']],
    ['threads that are not a number', ['--threads', 'many']],
  ])('ends with 2 for %s', async (_what, args) => {
    const { code, io } = await predict(...base(), file('red.jpg'), ...args);
    expect(code).toBe(2);
    expect(io.err).toContain('cli.usage');
  });

  it('ends with 1 and the pointer to the fault for a package that is not one', async () => {
    const empty = await predict('--package', path.join(folder.dir, 'none'), '--image', file('red.jpg'));
    expect(empty).toMatchObject({ code: 1 });
    expect(empty.io.err).toContain('cli.package-unreadable');
    await writeFile(file('model.json'), JSON.stringify({ ...COLORS, input: { width: 0, height: 8 } }));
    expect((await predict(...base(), file('red.jpg'))).io.err).toContain('/input/width');
  });
});
