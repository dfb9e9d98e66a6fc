import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { Statistics } from '../statistics/statistics.ts';
import { testFrame } from '../../../testing/app/test-frame.ts';
import type { Frame } from '../frame/frame.ts';
import type { Intake } from './intake.ts';
import type { IntakeOptions, WorkIntake, WorkOutcome } from './work-intake.ts';
import { Scheduler } from './scheduler.ts';

interface Job {
  readonly what: string;
  readonly intake: WorkIntake;
  finish: (outcome?: WorkOutcome) => void;
  fail: (thrown: Error) => void;
}

const DONE: WorkOutcome = { outcome: 'done' };

let clock: FakeClock;
let statistics: Statistics;
let concurrency: number;
let jobs: Job[];
let scheduler: Scheduler;

beforeEach(() => {
  clock = new FakeClock();
  statistics = new Statistics();
  concurrency = 1;
  jobs = [];
  scheduler = new Scheduler({
    work: (frame, service, intake) =>
      new Promise((resolve, reject) => {
        jobs.push({
          what: `${frame.source}/${frame.image} ${service}`,
          intake,
          finish: (outcome = DONE) => resolve(outcome),
          fail: reject,
        });
        intake.signal.addEventListener('abort', () => resolve({ outcome: 'stopped' }));
      }),
    concurrency: () => concurrency,
    statistics,
    clock,
    log: silentLogger,
  });
});

function open(options: Partial<IntakeOptions> = {}): Intake {
  return scheduler.open({
    source: 'line',
    services: ['A'],
    capacity: Infinity,
    maxAgeMs: Infinity,
    waitMs: () => Infinity,
    ...options,
  });
}

const offer = (intake: Intake, ...images: string[]): void =>
  images.forEach((image) => intake.offer(testFrame(clock, image)));

const offerFrom = (intake: Intake, source: string, ...images: string[]): void =>
  images.forEach((image) => intake.offer(testFrame(clock, image, source)));

/** Ends the oldest job that is worked on, until none is left; returns what was done, in order. */
async function finishAll(): Promise<string[]> {
  const done: string[] = [];
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    done.push(job.what);
    job.finish();
    await clock.advance(0);
  }
  return done;
}

describe('Scheduler', () => {
  it('works on as many images of a service as it may, in the order in which they came', async () => {
    concurrency = 2;
    const intake = open();
    offer(intake, '1', '2', '3');
    expect(jobs.map((job) => job.what)).toEqual(['line/1 A', 'line/2 A']);

    expect(await finishAll()).toEqual(['line/1 A', 'line/2 A', 'line/3 A']);
  });

  it('keeps only the freshest image of a source with one slot, and counts the others as stale', async () => {
    const intake = open({ capacity: 1 });
    offer(intake, '1', '2', '3', '4');

    expect(await finishAll()).toEqual(['line/1 A', 'line/4 A']);
    expect(statistics.counts.skipped).toEqual({ stale: 2 });
    await intake.idle();
  });

  it('never skips anything without a bound, not even the same image again', async () => {
    const intake = open();
    offer(intake, 'same', 'same', 'same');

    expect(await finishAll()).toHaveLength(3);
    expect(statistics.counts.skipped).toEqual({});
  });

  it('replaces an image that waits by its newer content', async () => {
    const intake = open({ capacity: 10 });
    offer(intake, 'working', 'a', 'b', 'a');

    expect(await finishAll()).toEqual(['line/working A', 'line/b A', 'line/a A']);
    expect(statistics.counts.skipped).toEqual({ stale: 1 });
  });

  it('skips images that have waited too long', async () => {
    const intake = open({ maxAgeMs: 1_000, capacity: 10 });
    offer(intake, '1', '2');
    await clock.advance(1_500);
    offer(intake, '3');

    expect(await finishAll()).toEqual(['line/1 A', 'line/3 A']);
    expect(statistics.counts.skipped).toEqual({ stale: 1 });
    await intake.idle();
  });

  it('takes from the sources in turn, so that a fast one does not starve a slow one', async () => {
    const fast = open();
    const slow = open();
    offerFrom(fast, 'fast', '1', '2', '3', '4');
    offerFrom(slow, 'slow', '1', '2');

    expect(await finishAll()).toEqual(['fast/1 A', 'slow/1 A', 'fast/2 A', 'slow/2 A', 'fast/3 A', 'fast/4 A']);
  });

  it('does not let a slow service hold up another', async () => {
    const intake = open({ services: ['slow', 'quick'] });
    offer(intake, '1', '2');
    expect(jobs.map((job) => job.what)).toEqual(['line/1 slow', 'line/1 quick']);

    jobs[1]?.finish();
    await clock.advance(0);

    expect(jobs.map((job) => job.what)).toEqual(['line/1 slow', 'line/1 quick', 'line/2 quick']);
    expect(intake.outstanding).toBe(3);
  });

  it('goes on after work that failed', async () => {
    const intake = open();
    offer(intake, '1', '2');
    jobs.shift()?.fail(new Error('bug'));
    await clock.advance(0);

    expect(await finishAll()).toEqual(['line/2 A']);
    await intake.idle();
  });

  it('counts an image as outstanding until the services that it was passed on to are done', async () => {
    const intake = open({ services: ['*'] });
    offer(intake, '1');
    const first = jobs.shift();
    const frame = testFrame(clock, '1');
    first?.intake.forward(frame, ['A', 'B']);
    first?.finish();
    await clock.advance(0);
    expect(intake.outstanding).toBe(2);

    await finishAll();

    expect(intake.outstanding).toBe(0);
  });

  it('ends work and drops what waits when a source is closed, and takes no more from it', async () => {
    const closing = open({ services: ['A', 'B'] });
    const other = open();
    offer(closing, '1', '2');
    offerFrom(other, 'other', '1');

    await closing.close();
    offer(closing, '3');

    expect(closing.outstanding).toBe(0);
    expect(statistics.counts.skipped).toEqual({ stopped: 4 });
    expect(jobs.filter((job) => !job.intake.signal.aborted).map((job) => job.what)).toEqual(['other/1 A']);
  });

  describe('the end of an image', () => {
    const ended: string[] = [];
    const followed = (image: string): Frame => ({
      ...testFrame(clock, image),
      onEnded: async (outcome) => void ended.push(`${image} ${outcome}`),
    });
    beforeEach(() => void ended.splice(0));

    it('is told once all services are done with it, those that it was passed on to as well', async () => {
      const intake = open({ services: ['*'] });
      const frame = followed('1');
      intake.offer(frame);
      const first = jobs.shift();
      first?.intake.forward(frame, ['A', 'B']);
      first?.finish();
      await clock.advance(0);
      jobs.shift()?.finish();
      await clock.advance(0);
      expect(ended).toEqual([]);
      jobs.shift()?.finish();
      await clock.advance(0);
      expect(ended).toEqual(['1 done']);
    });

    it('waits until its results have left', async () => {
      const intake = open();
      intake.offer(followed('1'));
      let leave = (): void => undefined;
      jobs.shift()?.finish({ outcome: 'done', published: new Promise<void>((resolve) => (leave = resolve)) });
      await intake.idle();
      await clock.advance(0);
      expect(ended).toEqual([]);
      leave();
      await intake.told();
      expect(ended).toEqual(['1 done']);
    });

    it('is another if its source ends before, and the same if it is skipped for a newer content', async () => {
      const intake = open({ services: ['A', 'B'], capacity: 1 });
      for (const image of ['1', '2', '3']) intake.offer(followed(image));
      await intake.close();
      intake.offer(followed('4'));
      await intake.told();
      expect(ended.sort()).toEqual(['1 stopped', '2 done', '3 stopped']);
    });
  });

  it('counts what comes too soon as busy, once per service', () => {
    open({ services: ['A', 'B'] }).skip('busy', 3);

    expect(statistics.counts).toMatchObject({ frames: 6, skipped: { busy: 6 } });
  });
});
