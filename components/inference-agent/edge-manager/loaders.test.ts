import { beforeEach, describe, expect, it } from 'vitest';
import { Loaders } from './loaders.ts';

const client = (pid: number | undefined, key = '1000 python3 app.py') => ({
  key,
  program: key,
  ...(pid === undefined ? {} : { pid }),
});

describe('Loaders', () => {
  let alive: Set<number>;
  let loaders: Loaders;

  beforeEach(() => {
    alive = new Set([7]);
    loaders = new Loaders((pid) => alive.has(pid));
    loaders.loaded('m', client(7));
  });

  it('knows a program that was started again once its former process has ended', () => {
    expect(loaders.hasStartedAgain('m', client(8))).toBe(false);
    alive.delete(7);
    expect(loaders.hasStartedAgain('m', client(8))).toBe(true);
    loaders.loaded('m', client(8));
    expect(loaders.hasStartedAgain('m', client(8))).toBe(false);
  });

  it.each([
    ['the process that loaded it', client(7)],
    ['another program', client(8, '1000 python3 other.py')],
    ['a program that the system does not name', client(undefined)],
  ])('is not taken in by %s', (_who, caller) => {
    alive.delete(7);
    expect(loaders.hasStartedAgain('m', caller)).toBe(false);
  });

  it('forgets a model that was unloaded', () => {
    alive.clear();
    loaders.unloaded('m');
    expect(loaders.hasStartedAgain('m', client(8))).toBe(false);
  });
});
