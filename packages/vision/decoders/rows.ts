/** How a [1, N, K] or transposed [1, K, N] output lies: attribute k of row n = n·rowStep + k·step. */
export interface Rows {
  readonly count: number;
  /** Attributes per row. */
  readonly width: number;
  readonly rowStep: number;
  readonly step: number;
}

/**
 * Tells rows from attributes: by the number of attributes where the labels give it, else there are more rows than attributes.
 * `usual` breaks the tie of a square.
 */
export function rowsOf(
  shape: readonly number[],
  expected: number | undefined,
  usual: 'rows-first' | 'rows-last',
): Rows | undefined {
  const sides = shape.length > 2 ? shape.slice(-2) : shape;
  const batch = shape.slice(0, -2).reduce((product, side) => product * side, 1);
  const [first, second] = sides;
  if (first === undefined || second === undefined || (shape.length > 2 && batch !== 1)) return undefined;
  const rowsFirst = decideRowsFirst(first, second, expected, usual);
  if (rowsFirst === undefined) return undefined;
  return rowsFirst
    ? { count: first, width: second, rowStep: second, step: 1 }
    : { count: second, width: first, rowStep: 1, step: second };
}

function decideRowsFirst(
  first: number,
  second: number,
  expected: number | undefined,
  usual: string,
): boolean | undefined {
  if (expected !== undefined) {
    if (first !== expected && second !== expected) return undefined;
    if (first !== second) return second === expected;
  }
  return first === second ? usual === 'rows-first' : first > second;
}
