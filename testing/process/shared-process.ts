import process from 'node:process';
import { afterAll, expect, vi } from 'vitest';

const HANDLED = ['SIGINT', 'SIGTERM', 'uncaughtException', 'unhandledRejection'] as const;
/** libvips sets it when it is loaded, and reads it then alone. */
const OF_LIBRARIES = ['variable VIPSHOME'];

/** State that a test file could leave to the next one in its process, by its name. Vitest restores spies before each test. */
function stateOfProcess(): Readonly<Record<string, unknown>> {
  const umask = process.umask(0);
  process.umask(umask);
  return {
    ...Object.fromEntries(Object.entries(process.env).map(([name, value]) => [`variable ${name}`, value])),
    ...Object.fromEntries(HANDLED.map((event) => [`listeners of ${event}`, process.listenerCount(event)])),
    'working directory': process.cwd(),
    umask,
    'exit code': process.exitCode,
    'fake timers': vi.isFakeTimers(),
  };
}

const before = stateOfProcess();
// The hooks of a file run before this one. Names alone are said: variables may be secrets.
afterAll(() => {
  const after = stateOfProcess();
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...names].filter((name) => !OF_LIBRARIES.includes(name) && before[name] !== after[name]);
  expect(changed, 'left to the other test files of this process').toEqual([]);
});
