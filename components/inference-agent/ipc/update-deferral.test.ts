import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { updateDeferral } from './update-deferral.ts';

describe('updateDeferral', () => {
  it('lets updates go on while nothing is being changed', () => {
    expect(updateDeferral(new FakeClock(), () => false)()).toEqual({ deferMs: 0 });
  });

  it('asks to wait while a model is being changed, but not forever', async () => {
    const clock = new FakeClock();
    const answer = updateDeferral(clock, () => true);
    const answers: number[] = [];
    for (let round = 0; round < 11; round++) {
      answers.push(answer().deferMs);
      await clock.advance(5_000);
    }
    expect(answers).toEqual([...Array<number>(9).fill(5_000), 0, 5_000]);
  });

  it('counts again after each quiet time', async () => {
    const clock = new FakeClock();
    let busy = true;
    const answer = updateDeferral(clock, () => busy);
    answer();
    await clock.advance(44_000);
    busy = false;
    expect(answer()).toEqual({ deferMs: 0 });
    busy = true;
    await clock.advance(44_000);
    expect(answer()).toMatchObject({ deferMs: 5_000, message: expect.stringContaining('model') as unknown });
  });
});
