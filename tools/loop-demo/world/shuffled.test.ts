import { expect, it } from 'vitest';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { shuffled } from './shuffled.ts';

it('gives every element before one comes again, in an order that the seed decides', () => {
  const orderOf = (seed: number): readonly number[] => {
    const next = shuffled([1, 2, 3, 4, 5, 6, 7, 8], seededRandom(seed));
    return Array.from({ length: 16 }, next);
  };
  const order = orderOf(1);
  for (const pass of [order.slice(0, 8), order.slice(8)]) expect(pass.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(orderOf(1)).toEqual(order);
  expect(orderOf(2)).not.toEqual(order);
  expect(() => shuffled([], seededRandom(1))()).toThrow('nothing to choose from');
});
