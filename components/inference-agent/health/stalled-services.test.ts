import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { agentErrors } from '../errors.ts';
import { StalledServices } from './stalled-services.ts';

let clock: FakeClock;
let waiting: number;
let serves: boolean;
let changes: number;
let services: StalledServices;

beforeEach(() => {
  [clock, waiting, serves, changes] = [new FakeClock(), 0, true, 0];
  services = new StalledServices({
    waiting: () => new Map([['Parts', waiting]]),
    serves: () => serves,
    onChange: () => changes++,
    clock,
  });
});

const late = (where = 'while it ran'): Error =>
  agentErrors.error('admission.deadline', `no answer after 50 ms; the time ran out ${where}`, {
    facts: { service: 'Parts', reason: 'deadline', deadlineMs: 50, where },
  });
const told = (): readonly (string | undefined)[] => [...services.facts().values()].map(({ message }) => message);

describe('StalledServices', () => {
  it('tells of a model of which every request misses its deadline, until one has its answer', () => {
    services.failed('Parts', late());
    services.failed('Parts', late());
    expect([told(), changes]).toEqual([[], 0]);
    services.failed('Parts', late());
    services.failed('Parts', late('while it waited for a worker'));
    expect(told()).toEqual([
      'the model of Parts is in service and answers nobody: none of its last requests was answered in time: no answer after 50 ms; the time ran out while it ran',
    ]);
    expect(changes).toBe(1);
    services.answered('Parts');
    expect([told(), changes]).toEqual([[], 2]);
  });

  it('counts processes that hung and were replaced', () => {
    const stuck = agentErrors.error('instance.worker-stuck', 'a request ran for more than 2000 ms', {
      facts: { stuckAfterMs: 2_000 },
    });
    for (let n = 0; n < 3; n++) services.failed('Parts', stuck);
    expect(told()).toEqual([expect.stringContaining('a request ran for more than 2000 ms')]);
  });

  it('says nothing while answers come in between, of slow uploads, and of errors that are not about time', () => {
    for (let n = 0; n < 10; n++) {
      services.failed('Parts', late());
      services.answered('Parts');
      services.failed('Parts', late('while its body was on the way'));
      services.failed('Parts', agentErrors.error('http.bad-request', 'no picture'));
    }
    expect([told(), changes]).toEqual([[], 0]);
  });

  it('tells after a minute of requests that wait for a model in service, although their deadlines are far away', async () => {
    [waiting, serves] = [2, false];
    expect(told()).toEqual([]);
    await clock.advance(120_000);
    serves = true;
    expect(told()).toEqual([]);
    await clock.advance(59_000);
    expect(told()).toEqual([]);
    await clock.advance(1_000);
    expect(told()).toEqual([expect.stringContaining('requests have waited for more than 60 s')]);
    waiting = 0;
    expect(told()).toEqual([]);
  });

  it('forgets a service that nobody has asked for ten minutes', async () => {
    for (let n = 0; n < 3; n++) services.failed('Parts', late());
    await clock.advance(10 * 60_000);
    expect(told()).toHaveLength(1);
    await clock.advance(1);
    expect(told()).toEqual([]);
  });
});
