import { describe, expect, it } from 'vitest';
import { parseLifecycle, timeoutOf } from './lifecycle.ts';

describe('parseLifecycle', () => {
  it('reads sections as text or as an object, keys of any case', () => {
    const lifecycle = parseLifecycle('a', {
      Install: 'echo i',
      run: { script: 'echo r', timeout: '30', SkipIf: '! exists /x', setenv: { A: 1, B: null, C: { d: [1] } } },
      setEnv: { TOP: 'yes' },
      ErrorResetTime: 60,
    });

    expect(lifecycle).toEqual({
      steps: {
        install: { script: 'echo i', requiresPrivilege: false, environment: {} },
        run: {
          script: 'echo r',
          requiresPrivilege: false,
          timeoutSeconds: 30,
          skipIf: '! exists /x',
          environment: { A: '1', B: '', C: '{"d":[1]}' },
        },
      },
      environment: { TOP: 'yes' },
      errorResetSeconds: 60,
    });
  });

  it('has the time-outs of the nucleus if the recipe gives none', () => {
    const lifecycle = parseLifecycle('a', { install: { Script: 'x', Timeout: 300 } });

    expect(timeoutOf(lifecycle, 'install')).toBe(300);
    expect(
      (['bootstrap', 'startup', 'shutdown', 'recover', 'uninstall', 'run'] as const).map((one) =>
        timeoutOf(lifecycle, one),
      ),
    ).toEqual([120, 120, 15, 60, 120, undefined]);
    expect(lifecycle.errorResetSeconds).toBe(3600);
  });

  it('treats an empty script and a missing lifecycle as nothing to do', () => {
    expect(parseLifecycle('a', { run: '', install: { Script: '' } }).steps).toEqual({});
    expect(parseLifecycle('a', undefined).steps).toEqual({});
  });

  it.each([true, 'true', 'True'])('reads RequiresPrivilege: %j', (value) => {
    const { steps } = parseLifecycle('a', { run: { Script: 'x', RequiresPrivilege: value } });

    expect(steps.run?.requiresPrivilege).toBe(true);
  });

  it('names every problem at once', () => {
    const parse = (): unknown =>
      parseLifecycle('a.A 1.0.0', {
        install: { Timeout: 5 },
        run: ['x'],
        startup: { Script: 'x', Skipif: 'sometimes' },
        shutdown: { Script: 'x', Timeout: '{configuration:/none}' },
      });

    expect(parse).toThrow(
      'lifecycle of a.A 1.0.0: /Lifecycle/install/Script is missing; write the script as text; ' +
        '/Lifecycle/startup/Skipif is "sometimes"; write "onpath <exe>" or "exists <path>", "!" negates; ' +
        '/Lifecycle/run is ["x"]; write the script, or an object with the key Script; ' +
        '/Lifecycle/shutdown/Timeout is "{configuration:/none}"; write a number of seconds',
    );
  });
});
