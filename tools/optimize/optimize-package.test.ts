import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Prediction } from '#packages/model-package';
import { modelFolder } from '../../testing/vision/model-folder.ts';
import type { ModelFolder } from '../../testing/vision/model-folder.ts';
import { BLUE, plain, RED } from '../../testing/vision/images.ts';
import { meanColorModel } from '../../testing/vision/onnx-builder.ts';
import { agreementOf } from './agreement.ts';
import { optimizePackage } from './optimize-package.ts';
import { pythonEnvironment } from './python-environment.ts';

const CLASSIFIER = {
  schemaVersion: 1,
  name: 'Colors',
  version: '1.0.0',
  task: 'image-classification',
  input: { width: 8, height: 8, std: 255 },
  output: { decoder: 'classification' },
  variants: [{ file: 'model.onnx' }],
};
const signal = new AbortController().signal;
let folder: ModelFolder;

beforeEach(async () => {
  folder = await modelFolder(
    {},
    {
      'model.json': JSON.stringify(CLASSIFIER),
      'model.onnx': meanColorModel(8),
      'wrong.onnx': meanColorModel(8, { scale: -1 }),
      'red.png': await plain(RED, 8, 8).png().toBuffer(),
      'blue.png': await plain(BLUE, 8, 8).png().toBuffer(),
    },
  );
});
afterEach(() => folder.remove());

const at = (name: string): string => path.join(folder.dir, name);
/** Stands in for Python: gives a file of the package in place of what ONNX Runtime's tools would make. */
async function converter(gives: string): Promise<string> {
  const program = at(`make-${gives}`);
  const copy = `require('node:fs').copyFileSync(${JSON.stringify(at(gives))}, JSON.parse(process.argv[3]).output)`;
  await writeFile(program, `#!${process.execPath}\n${copy}\n`, { mode: 0o755 });
  return program;
}
async function optimize(gives: string) {
  const images = [at('red.png'), at('blue.png')];
  const python = await converter(gives);
  return optimizePackage({ dir: folder.dir, kinds: ['int8'], images, minAgreement: 0.98, python }, signal);
}
const variantsOf = async (): Promise<unknown> =>
  (JSON.parse(await readFile(at('model.json'), 'utf8')) as { readonly variants: unknown }).variants;

describe('optimizing a package', () => {
  it('enters a variant that answers as the original does', async () => {
    const [outcome] = await optimize('model.onnx');
    expect(outcome).toMatchObject({ kind: 'int8', file: 'model.int8.onnx', agreement: 1, pictures: 2, kept: true });
    const made = { file: 'model.int8.onnx', precision: 'int8', providers: ['cpu'] };
    expect(await variantsOf()).toEqual([{ file: 'model.onnx' }, made]);
    await optimize('model.onnx');
    expect(await variantsOf()).toEqual([{ file: 'model.onnx' }, made]);
  });

  it('removes one that agrees too little, and says how much it does', async () => {
    const [outcome] = await optimize('wrong.onnx');
    expect(outcome).toMatchObject({ agreement: 0, kept: false });
    expect(await variantsOf()).toEqual([{ file: 'model.onnx' }]);
    await expect(readFile(at('model.int8.onnx'))).rejects.toThrow(/ENOENT/);
  });

  it('leaves the variant of that name as it was if the new one is not taken', async () => {
    await optimize('model.onnx');
    const before = await readFile(at('model.int8.onnx'));
    expect(await optimize('wrong.onnx')).toMatchObject([{ kept: false }]);
    expect(await readFile(at('model.int8.onnx'))).toEqual(before);
    expect(await variantsOf()).toMatchObject([{ file: 'model.onnx' }, { file: 'model.int8.onnx' }]);
  });

  it('refuses to measure without pictures, and names what the tools say', async () => {
    const request = { dir: folder.dir, kinds: ['int8'], minAgreement: 0.98, python: process.execPath } as const;
    await expect(optimizePackage({ ...request, images: [] }, signal)).rejects.toMatchObject({
      code: 'optimize.unsuited',
    });
    await expect(optimizePackage({ ...request, images: [at('red.png')] }, signal)).rejects.toMatchObject({
      code: 'optimize.failed',
    });
  });

  it('says so if there is no Python, or its packages cannot be had', async () => {
    await expect(pythonEnvironment(at('no-python'), at('env'))).rejects.toMatchObject({ code: 'optimize.no-python' });
    const list = at('requirements.txt');
    await writeFile(list, 'a\n');
    await expect(pythonEnvironment('true', at('env'), list)).rejects.toMatchObject({ code: 'optimize.no-packages' });
  });
});

describe('agreement of two answers', () => {
  const box = (classId: number, x: number): Prediction => ({ classId, label: '', score: 1, box: [x, 0, x + 0.4, 0.4] });

  it('of detectors counts boxes of one class that overlap', () => {
    expect(agreementOf([], [], true)).toBe(1);
    expect(agreementOf([box(0, 0)], [], true)).toBe(0);
    expect(agreementOf([box(0, 0), box(1, 0.5)], [box(1, 0.51), box(0, 0.3)], true)).toBe(0.5);
    expect(agreementOf([box(0, 0), box(0, 0)], [box(0, 0)], true)).toBeCloseTo(2 / 3);
  });

  it('of classifiers asks for the same best class', () => {
    expect(agreementOf([box(2, 0)], [box(2, 0), box(1, 0)], false)).toBe(1);
    expect(agreementOf([box(2, 0)], [box(1, 0)], false)).toBe(0);
  });
});
