/** E.g. `[1, 3, ?, ?]`: an axis that is free is -1. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.map((side) => (side === -1 ? '?' : side)).join(', ')}]`;
}
