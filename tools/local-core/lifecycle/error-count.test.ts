import { describe, expect, it } from 'vitest';
import { ErrorCount } from './error-count.ts';

const HOUR_MS = 3_600_000;

describe('ErrorCount', () => {
  it('forgets the errors of a state that was left well, and errors that are a reset time apart', () => {
    const count = new ErrorCount();
    expect([count.add('STARTING', 0, 3_600), count.add('STARTING', 1, 3_600)]).toEqual([false, false]);
    count.leftWell('STARTING');
    expect([count.add('STARTING', 2, 3_600), count.add('STARTING', 3, 3_600)]).toEqual([false, false]);
    expect(count.add('STARTING', 3 + HOUR_MS, 3_600)).toBe(false);
  });
});

describe('ErrorCount on nucleus lite', () => {
  it('gives up at the third start in an hour, whatever state the two before ended in', () => {
    const count = new ErrorCount({ lite: true });
    expect(count.add('STARTING', 0, 10)).toBe(false);
    count.leftWell('STARTING');
    expect(count.add('RUNNING', 1_200_000, 10)).toBe(false);
    expect(count.add('RUNNING', HOUR_MS - 1, 10)).toBe(true);
  });

  it('forgets a start after an hour', () => {
    const count = new ErrorCount({ lite: true });
    expect([count.add('RUNNING', 0, 10), count.add('RUNNING', 1, 10)]).toEqual([false, false]);
    expect(count.add('RUNNING', HOUR_MS + 1, 10)).toBe(false);
  });
});
