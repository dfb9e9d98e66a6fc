import { beforeEach, describe, expect, it } from 'vitest';
import { Serial } from '#packages/foundation';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { agentErrors } from '../errors.ts';
import { Attempt } from './attempt.ts';
import type { Phase } from './attempt.ts';

const never = (): Promise<never> => new Promise(() => undefined);

let clock: FakeClock;
let caller: AbortController;

beforeEach(() => {
  clock = new FakeClock();
  caller = new AbortController();
});

const attemptAt = (about = '/packages/Parts') =>
  new Attempt({ clock, timeoutMs: 10_000, about, progress: () => undefined, signal: caller.signal });

describe('Attempt', () => {
  it.each<[Phase, string]>([
    ['unpack', 'the archive was being unpacked'],
    ['read', 'read and hashed'],
    ['verify', 'signature was being verified'],
    ['store', 'copied into the store'],
    ['load', 'loaded and measured'],
  ])('ends the phase "%s" when the time is up, and names it', async (phase, words) => {
    const attempt = attemptAt();
    const running = expect(attempt.run(phase, never)).rejects.toMatchObject({
      code: 'model.activation-timeout',
      message: expect.stringMatching(
        new RegExp(`^/packages/Parts .*10 s \\(LoadTimeoutSeconds\\).*${words}`),
      ) as unknown,
      facts: { phase, loadTimeoutMs: 10_000 },
    });
    await clock.advance(10_000);
    await running;
  });

  it('names the phase that an instance says it is in', async () => {
    const attempt = attemptAt();
    const running = expect(attempt.run('load', never)).rejects.toMatchObject({ facts: { phase: 'golden' } });
    attempt.progress({ phase: 'golden', message: '3 cases' });
    await clock.advance(10_000);
    await running;
  });

  it('gives all phases together the time, not each of them', async () => {
    const attempt = attemptAt();
    const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
    const first = attempt.run('read', () => wait(6_000));
    await clock.advance(6_000);
    await first;
    const second = expect(attempt.run('store', () => wait(6_000))).rejects.toMatchObject({ facts: { phase: 'store' } });
    await clock.advance(4_000);
    await second;
  });

  it('does not count the wait for its turn', async () => {
    const turns = new Serial();
    let letGo: () => void = () => undefined;
    void turns.run(() => new Promise<void>((resolve) => (letGo = resolve)));
    const attempt = attemptAt();
    await clock.advance(9_000);
    const working = attempt.turn(turns, () => attempt.run('load', never));
    const refused = expect(working).rejects.toMatchObject({ code: 'model.activation-timeout' });
    await clock.advance(60_000);
    letGo();
    await clock.advance(999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    await refused;
  });

  it('leaves the line when its caller does, and lets nobody wait for it', async () => {
    const turns = new Serial();
    let letGo: () => void = () => undefined;
    void turns.run(() => new Promise<void>((resolve) => (letGo = resolve)));
    let worked = false;
    const waiting = attemptAt().turn(turns, async () => void (worked = true));
    caller.abort(new Error('the client hung up'));
    await expect(waiting).rejects.toMatchObject({ code: 'model.superseded' });
    letGo();
    await turns.idle();
    expect(worked).toBe(false);
  });

  it('holds a turn until it ends it, twice without harm', async () => {
    const turns = new Serial();
    const attempt = attemptAt();
    const end = await attempt.begin(turns);
    let others = 0;
    void turns.run(async () => void others++);
    await attempt.run('load', async () => undefined);
    expect(others).toBe(0);
    end();
    end();
    await turns.idle();
    expect(others).toBe(1);
  });

  it('passes on the reason of the agent that ends', async () => {
    const reason = agentErrors.error('model.superseded', 'the agent is ending');
    const running = attemptAt().run('load', never);
    caller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  it('gives what comes too late to whoever throws it away', async () => {
    let finish: (made: string) => void = () => undefined;
    const late: string[] = [];
    const running = attemptAt().run(
      'load',
      () => new Promise<string>((resolve) => (finish = resolve)),
      (made) => late.push(made),
    );
    caller.abort(new Error('enough'));
    await expect(running).rejects.toMatchObject({ code: 'model.superseded' });
    finish('an instance');
    await expect.poll(() => late).toEqual(['an instance']);
  });

  it('is left alone once it has ended', async () => {
    const attempt = attemptAt();
    attempt.end();
    attempt.end();
    expect(clock.pending).toBe(0);
    caller.abort();
    expect(await attempt.run('load', async () => 'fine')).toBe('fine');
  });
});
