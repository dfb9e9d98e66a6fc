import { describe, expect, it } from 'vitest';
import { quantile } from './quantile.ts';

describe('quantile', () => {
  it('is the nearest rank, whatever the order', () => {
    const numbers = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([quantile(numbers, 0.5), quantile(numbers, 0.99), quantile(numbers, 1), quantile([7], 0.5)]).toEqual([
      50, 99, 100, 7,
    ]);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
