import { describe, expect, it } from 'vitest';
import { DesiredStates } from './desired-states.ts';
import { ErrorCount } from './error-count.ts';
import { mayReport } from './state.ts';

const HOUR = 3600;

describe('ErrorCount', () => {
  it('breaks at the third error in a row', () => {
    const count = new ErrorCount();

    expect([0, 1, 2].map((at) => count.add('RUNNING', at, HOUR))).toEqual([false, false, true]);
  });

  it('starts again where an error comes an errorResetTime after the one before', () => {
    const count = new ErrorCount();

    expect(count.add('RUNNING', 0, HOUR)).toBe(false);
    expect(count.add('RUNNING', 3_599_999, HOUR)).toBe(false);
    expect(count.add('RUNNING', 3_599_999 + 3_600_000, HOUR)).toBe(false);
    expect(count.add('RUNNING', 7_200_000, HOUR)).toBe(false);
    expect(count.add('RUNNING', 7_200_001, HOUR)).toBe(true);
  });

  it('counts each state for itself, and a good way out of it clears it', () => {
    const count = new ErrorCount();
    count.add('RUNNING', 0, HOUR);
    count.add('RUNNING', 1, HOUR);
    count.add('NEW', 2, HOUR);

    count.leftWell('STARTING');
    expect(count.add('STARTING', 3, HOUR)).toBe(false);
    expect(count.add('RUNNING', 4, HOUR)).toBe(true);

    count.leftWell('RUNNING');
    expect(count.add('RUNNING', 5, HOUR)).toBe(false);
    expect(count.add('NEW', 6, HOUR)).toBe(false);
    expect(count.add('NEW', 7, HOUR)).toBe(true);
  });

  it('does not count errors while stopping', () => {
    const count = new ErrorCount();

    expect([0, 1, 2, 3].map((at) => count.add('STOPPING', at, HOUR))).toEqual([false, false, false, false]);
  });
});

describe('DesiredStates', () => {
  function after(...steps: ((path: DesiredStates) => void)[]): readonly string[] {
    const path = new DesiredStates();
    for (const step of steps) step(path);
    return path.path;
  }

  it.each([
    ['start', after((p) => p.start()), ['RUNNING']],
    [
      'start twice',
      after(
        (p) => p.start(),
        (p) => p.start(),
      ),
      ['RUNNING'],
    ],
    [
      'stop',
      after(
        (p) => p.start(),
        (p) => p.stop(),
      ),
      ['FINISHED'],
    ],
    [
      'start after stop',
      after(
        (p) => p.stop(),
        (p) => p.start(),
      ),
      ['RUNNING'],
    ],
    [
      'restart',
      after(
        (p) => p.start(),
        (p) => p.restart(),
      ),
      ['INSTALLED', 'RUNNING'],
    ],
    [
      'reinstall',
      after(
        (p) => p.restart(),
        (p) => p.reinstall(),
      ),
      ['NEW', 'RUNNING'],
    ],
    [
      'restart does not overrule a reinstallation',
      after(
        (p) => p.reinstall(),
        (p) => p.restart(),
      ),
      ['NEW', 'RUNNING'],
    ],
    [
      'stop after reinstall',
      after(
        (p) => p.reinstall(),
        (p) => p.stop(),
      ),
      ['NEW', 'FINISHED'],
    ],
    [
      'start after that',
      after(
        (p) => p.reinstall(),
        (p) => p.stop(),
        (p) => p.start(),
      ),
      ['NEW', 'RUNNING'],
    ],
    ['uninstall', after((p) => p.uninstall('RUNNING')), ['FINISHED', 'UNINSTALLED']],
    ['uninstall what is broken', after((p) => p.uninstall('BROKEN')), ['UNINSTALLED']],
  ])('%s', (_name, path, expected) => {
    expect(path).toEqual(expected);
  });

  it('drops what is reached', () => {
    const path = new DesiredStates();
    path.reinstall();

    expect(path.next('NEW')).toBe('RUNNING');
    expect(path.next('RUNNING')).toBeUndefined();
    expect(path.reached('RUNNING')).toBe(true);
  });
});

describe('mayReport', () => {
  it.each([
    ['STARTING', 'RUNNING', true],
    ['STARTING', 'ERRORED', true],
    ['RUNNING', 'ERRORED', true],
    ['RUNNING', 'RUNNING', false],
    ['INSTALLED', 'RUNNING', false],
    ['NEW', 'RUNNING', false],
    ['FINISHED', 'RUNNING', false],
    ['ERRORED', 'RUNNING', false],
    ['STOPPING', 'ERRORED', true],
  ] as const)('%s → %s: %s', (current, reported, allowed) => {
    expect(mayReport(current, reported)).toBe(allowed);
  });
});
