import type { GoldenCase } from '#packages/model-package';
import type { NamedTensors, Tensor } from '../loaded-model.ts';
import { elementsOf } from '../tensor/allocate.ts';
import { fromFloat16Bits } from '../tensor/float16.ts';
import { shapeText } from '../tensor/shape-text.ts';
import { unpackStrings } from '../tensor/string-elements.ts';

/** For numbers with fractions, if the golden case says nothing; whole numbers, booleans and strings are then compared exactly. */
const FRACTION_TOLERANCE = 0.001;

type Tolerance = Pick<GoldenCase, 'tolerance' | 'relativeTolerance'>;

/**
 * Says in sentences how tensors differ from the expected ones; other outputs are not looked at. An element may be off by
 * `tolerance + relativeTolerance · |expected|`; NaN equals NaN.
 */
export function compareTensors(actual: NamedTensors, expected: NamedTensors, tolerance: Tolerance): readonly string[] {
  return Object.entries(expected).flatMap(([name, wanted]) => {
    const given = actual[name];
    if (!given) return [`there is no output "${name}"; there are ${Object.keys(actual).join(', ')}`];
    if (given.type !== wanted.type) return [`"${name}" is ${given.type} instead of ${wanted.type}`];
    if (given.shape.join() !== wanted.shape.join()) {
      return [`"${name}" has the shape ${shapeText(given.shape)} instead of ${shapeText(wanted.shape)}`];
    }
    return differenceOf(name, given, wanted, tolerance);
  });
}

function differenceOf(name: string, given: Tensor, wanted: Tensor, tolerance: Tolerance): readonly string[] {
  const [actual, expected] = [elementsOfTensor(given), elementsOfTensor(wanted)];
  const slack = FRACTIONS.has(wanted.type) ? FRACTION_TOLERANCE : 0;
  const { tolerance: absolute = slack, relativeTolerance: relative = slack } = tolerance;
  let worst: { readonly at: number; readonly by: number } | undefined;
  let count = 0;
  for (let at = 0; at < expected.length; at++) {
    const by = distance(actual[at], expected[at]);
    // An infinity allows no other number, whatever the tolerance.
    if (by === 0 || (by !== Infinity && by <= absolute + relative * Math.abs(Number(expected[at])))) continue;
    count++;
    if (!worst || by > worst.by) worst = { at, by };
  }
  if (!worst) return [];
  const { at } = worst;
  const allowed = absolute === 0 && relative === 0 ? '' : ` (allowed: ${absolute} + ${relative} · |expected|)`;
  return [
    `"${name}" differs in ${count} of ${expected.length} elements, most at [${indexOf(at, wanted.shape).join(', ')}]: ` +
      `${String(actual[at])} instead of ${String(expected[at])}${allowed}`,
  ];
}

type Element = number | bigint | string;

/** 0 if they are the same, also NaN and infinities; Infinity if they cannot be compared. */
function distance(actual: Element | undefined, expected: Element | undefined): number {
  if (Object.is(actual, expected) || actual === expected) return 0;
  if (typeof actual === 'string' || typeof expected === 'string') return Infinity;
  if (typeof actual === 'bigint' && typeof expected === 'bigint') {
    return Number(actual > expected ? actual - expected : expected - actual);
  }
  const by = Math.abs(Number(actual) - Number(expected));
  return Number.isFinite(by) ? by : Infinity;
}

function elementsOfTensor({ type, shape, data }: Tensor): ArrayLike<Element> {
  if (type === 'string') return unpackStrings(data as Uint8Array, elementsOf(shape));
  return type === 'float16' ? Float32Array.from(data as Uint16Array, fromFloat16Bits) : data;
}

const FRACTIONS: ReadonlySet<string> = new Set(['float16', 'float32', 'float64']);

function indexOf(at: number, shape: readonly number[]): readonly number[] {
  let rest = at;
  return [...shape]
    .reverse()
    .map((side) => {
      const index = rest % side;
      rest = Math.floor(rest / side);
      return index;
    })
    .reverse();
}
