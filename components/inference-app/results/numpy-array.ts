/** Digits after the point that numpy prints at most. */
const PRECISION = 8;

/** A number as float32, in as few digits as read back as the same float32: `0.5882353`. */
export function shortestFloat32(value: number): number {
  const single = Math.fround(value);
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return short;
  }
  return single;
}

/**
 * An array of float32 as numpy prints it, e.g. `[0.2044397  0.1797941  0.75527745 0.7432698 ]`: columns of one width, padded with
 * spaces; with exponents if the sizes of the numbers lie far apart. Programs that read it split at spaces.
 * Source: numpy's array2string with its default options.
 *
 * @param values finite, below 1e8
 */
export function numpyFloat32Array(values: readonly number[]): string {
  const numbers = values.map(shortestFloat32);
  const sizes = numbers.map(Math.abs).filter((size) => size > 0);
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  const needsExponents = sizes.length > 0 && (smallest < 1e-4 || largest / smallest > 1_000);
  return `[${(needsExponents ? withExponents(numbers) : inColumns(numbers)).join(' ')}]`;
}

function inColumns(numbers: readonly number[]): readonly string[] {
  const parts = numbers.map((number) => {
    const [whole = '', fraction = ''] = fixed(number).split('.');
    return { whole: Object.is(number, -0) ? '-0' : whole, fraction };
  });
  const before = Math.max(...parts.map(({ whole }) => whole.length));
  const after = Math.max(...parts.map(({ fraction }) => fraction.length));
  return parts.map(({ whole, fraction }) => `${whole.padStart(before)}.${fraction.padEnd(after)}`);
}

function withExponents(numbers: readonly number[]): readonly string[] {
  const parts = numbers.map((number) => {
    const [digits = '', exponent = ''] = number.toExponential().split('e');
    const [whole = '', fraction = ''] = digits.split('.');
    return { whole, fraction: fraction.slice(0, PRECISION), exponent: exponent.replace(/^([+-])(\d)$/, '$10$2') };
  });
  const before = Math.max(...parts.map(({ whole }) => whole.length));
  const after = Math.max(...parts.map(({ fraction }) => fraction.length));
  return parts.map(
    ({ whole, fraction, exponent }) => `${whole.padStart(before)}.${fraction.padEnd(after, '0')}e${exponent}`,
  );
}

/** Without zeros at its end. */
function fixed(number: number): string {
  return number.toFixed(PRECISION).replace(/\.?0+$/, '');
}
