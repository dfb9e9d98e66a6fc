import { sleep, systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { FakeClock } from '../../testing/clock/fake-clock.ts';

const WAIT_MS = 5;
/** No more than that: a limit of the agent must not come sooner than on a device. */
const TICK_MS = 5;
/** The day on which every run of the demo begins, so that runs can be compared. */
const BEGIN = Date.UTC(2026, 5, 1, 6);

/** The clock of all simulated devices: it stands still while they work, and goes on between two pictures. */
export function deviceClock(): FakeClock {
  return new FakeClock(BEGIN);
}

/** The same time for a command that waits: while it does, the devices work for as long. */
export function waitingClock(clock: FakeClock, work: (ms: number) => Promise<void>): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(ms, callback) {
      let isOff = false;
      void work(ms).then(() => {
        if (!isOff) callback();
      });
      return () => {
        isOff = true;
      };
    },
  };
}

/** Lets a little time of devices go by for work of theirs that waits for it. */
export async function whileWorking<Result>(clock: FakeClock, work: Promise<Result>): Promise<Result> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  done.catch(() => undefined);
  while (!isDone) {
    await clock.advance(TICK_MS);
    await sleep(systemClock, WAIT_MS);
  }
  return done;
}
