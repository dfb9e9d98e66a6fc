import fc from 'fast-check';
import { expect } from 'vitest';
import { PackageFiles, parseManifest, preparationOf } from '#packages/model-package';
import type { InputSpec, OutputSpec, Prediction } from '#packages/model-package';
import { createDecoder } from '#packages/vision';
import type { NamedTensors, Placement, Tensor } from '#packages/vision';

export const WHOLE: Placement = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0, width: 1, height: 1 };

/** The size is that of the model's input. */
type InFractions = Omit<Placement, 'width' | 'height'>;

/** Numbers as float32 has them, so that both sides compute with the same. */
export function floats(min: number, max: number): fc.Arbitrary<number> {
  return fc.float({ min: Math.fround(min), max: Math.fround(max), noNaN: true, noDefaultInfinity: true });
}

export function table(rows: number, ...columns: readonly fc.Arbitrary<number>[]): fc.Arbitrary<number[][]> {
  return fc.array(fc.tuple<number[]>(...columns), { minLength: rows, maxLength: rows });
}

export const placements: fc.Arbitrary<InFractions> = fc.record({
  scaleX: floats(0.5, 2),
  scaleY: floats(0.5, 2),
  offsetX: floats(-0.5, 0.5),
  offsetY: floats(-0.5, 0.5),
});

/** The common base of all detectors. */
export const detectionOptions = fc.record({
  scoreThreshold: fc.constantFrom(0.05, 0.25, 0.5),
  iouThreshold: fc.constantFrom(0, 0.3, 0.45, 0.7, 1),
  maxDetections: fc.constantFrom(1, 3, 100),
  nms: fc.constantFrom('class' as const, 'agnostic' as const, 'none' as const),
});

export function float32(shape: readonly number[], values: readonly number[]): Tensor {
  return { type: 'float32', shape, data: Float32Array.from(values) };
}

/** `output` and `input` of model.json with their defaults. */
export function specOf(
  task: string,
  output: object,
  input: object = { width: 64, height: 32 },
): { output: OutputSpec; input: InputSpec } {
  const manifest = parseManifest({
    schemaVersion: 1,
    name: 'M',
    version: '1',
    task,
    input,
    output,
    variants: [{ file: 'm.onnx' }],
  });
  return { output: manifest.output, input: manifest.input! };
}

export async function decode(
  spec: { readonly output: OutputSpec; readonly input: InputSpec },
  outputs: NamedTensors,
  options: { readonly labels?: readonly string[]; readonly placement?: InFractions; readonly packageDir?: string } = {},
): Promise<readonly Prediction[]> {
  const infos = Object.entries(outputs).map(([name, { type, shape }]) => ({ name, type, shape }));
  const context = { outputs: infos, labels: options.labels ?? [] };
  const decoder = await createDecoder(spec.output, context, new PackageFiles(options.packageDir ?? '.'));
  const { width = 1, height = 1 } = preparationOf(spec.input);
  const placement = { ...WHOLE, ...options.placement, width, height };
  const first = decoder.decode(outputs, placement);
  // A second call must not see anything of the first.
  expect(decoder.decode(outputs, placement)).toEqual(first);
  return first;
}

/** Same classes in the same order, numbers equal but for the last bits. */
export function expectSame(actual: readonly Prediction[], expected: readonly Prediction[]): void {
  expect(actual.map(({ classId, label }) => [classId, label])).toEqual(
    expected.map(({ classId, label }) => [classId, label]),
  );
  actual.forEach((one, index) => {
    expect(one.score).toBeCloseTo(expected[index]?.score as number, 9);
    for (const key of ['box', 'keypoints', 'corners'] as const) {
      const numbers = [expected[index]?.[key]].flat(2) as number[];
      const actual = [one[key]].flat(2) as number[];
      expect(actual).toHaveLength(numbers.length);
      actual.forEach((number, at) => number !== undefined && expect(number).toBeCloseTo(numbers[at] as number, 9));
    }
    expect(one.angle === undefined).toBe(expected[index]?.angle === undefined);
    if (one.angle !== undefined) {
      expect(one.angle).toBeGreaterThanOrEqual(0);
      expect(one.angle).toBeLessThan(Math.PI);
      // A side points both ways: just below π is just above 0.
      expect(Math.sin(one.angle - (expected[index]?.angle as number))).toBeCloseTo(0, 9);
    }
    expect(one.mask).toEqual(expected[index]?.mask);
  });
}
