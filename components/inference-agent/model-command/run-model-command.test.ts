import { describe, expect, it } from 'vitest';
import { httpErrors } from '#packages/http';
import type { ActivateDone, AgentClient } from '#packages/http';

import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { parseArguments } from './parse-arguments.ts';
import { runModelCommand } from './run-model-command.ts';

const done: ActivateDone = {
  phase: 'done',
  model: { alias: 'Parts', name: 'Parts', version: '1.0.0', generation: 1, hash: 'f'.repeat(64) },
  unchanged: false,
  swapGapMs: 0.1,
  requestsLost: 0,
  provider: 'cpu',
  variant: 'model.onnx',
};
const at = { socketPath: '/agent.sock', path: '/v1/models/activate' };
const away = httpErrors.error('agent.unreachable', 'there is no such socket', { facts: { ...at, code: 'ENOENT' } });

/** An agent that answers with these, one after the other, the last forever. */
function rig(...answers: readonly (ActivateDone | Error)[]) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const stop = new AbortController();
  let asked = 0;
  const client: Pick<AgentClient, 'activate' | 'retire'> = {
    activate: async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)];
      if (answer instanceof Error) throw answer;
      return answer!;
    },
    retire: () => Promise.reject(away),
  };
  const run = (...words: string[]) =>
    runModelCommand({ client, clock, print: (line) => lines.push(line), stop: stop.signal }, parseArguments(words));
  return { clock, lines, stop, run, asked: () => asked };
}

describe('model.js', () => {
  it('asks again until the agent is there, also when it went away in the middle', async () => {
    const lost = httpErrors.error('agent.connection-lost', 'gone', { facts: { ...at, code: 'ECONNRESET' } });
    const { clock, lines, run } = rig(away, lost, done);
    const running = run('activate', '/parts');
    await clock.advance(1_000);
    await running;
    expect(lines).toEqual([
      'waiting for the agent: there is no such socket',
      'Parts 1.0.0 serves as "Parts" on cpu (model.onnx); swap gap 0.1 ms, 0 requests lost',
    ]);
  });

  it.each([
    [{ name: 'Parts', version: '0.9.0' }, "until the agent's disk takes it, a restart would bring back Parts 0.9.0"],
    [undefined, "until the agent's disk takes it, a restart would bring back nothing"],
    [{ name: 'Parts', version: '1.0.0' }, 'the agent does not hold a copy of it, so that a restart needs its folder'],
  ])('warns of what a restart would bring back: %o', async (restores, words) => {
    const error = { code: 'store.write-failed', message: 'ENOSPC', todo: 'Make room.', facts: {} };
    const { lines, run } = rig({ ...done, notKept: { error, ...(restores ? { restores } : {}) } });
    await run('activate', '/parts');
    expect(lines.at(-1)).toMatch(`0 requests lost; warning: ${words} (ENOSPC)`);
  });

  it('says of a challenger that it answers nobody', async () => {
    const { lines, run } = rig(done);
    await run('activate', '/parts', '--role', 'challenger');
    expect(lines).toEqual(['Parts 1.0.0 runs as challenger beside "Parts" on cpu (model.onnx); it answers nobody']);
    expect(parseArguments(['retire', 'Parts', '/parts', '--role', 'challenger'])).toMatchObject({ role: 'challenger' });
    expect(parseArguments(['activate', '/parts', '--role', 'champion'])).not.toHaveProperty('role');
  });

  it('gives up after its time-out, naming why', async () => {
    const { clock, run } = rig(away);
    const failed = expect(run('activate', '/parts', '--timeout', '10')).rejects.toMatchObject({
      code: 'model-command.agent-absent',
      message: 'the agent could not be reached within 10 s: there is no such socket',
    });
    await clock.advance(10_000);
    await failed;
  });

  it('does not ask again when the agent refuses', async () => {
    const late = httpErrors.error('agent.timeout', 'too slow', { facts: { ...at, timeoutMs: 1_000 } });
    const { run, asked } = rig(late);
    await expect(run('activate', '/parts')).rejects.toMatchObject({ code: 'agent.timeout' });
    expect(asked()).toBe(1);
  });

  it('stops waiting when the nucleus stops it', async () => {
    const { clock, run, stop } = rig(away);
    const stopped = expect(run('activate', '/parts')).rejects.toThrow('stopped');
    await clock.advance(100);
    stop.abort(new Error('stopped'));
    await stopped;
  });

  it('finds nothing wrong with an agent that is gone when it retires', async () => {
    const { lines, run } = rig(done);
    await run('retire', 'Parts', '/parts');
    expect(lines).toEqual(['nothing to retire: there is no such socket']);
  });

  it.each([
    [[]],
    [['activate']],
    [['retire']],
    [['activate', '/parts', '--role', 'leader']],
    [['activate', 'a', 'b']],
    [['retire', 'a', 'b', 'c']],
    [['destroy', 'a']],
    [['activate', 'a', '--timeout', 'soon']],
    [['activate', 'a', '--force']],
  ])('does not guess what %j means', (words) => {
    expect(() => parseArguments(words)).toThrow(expect.objectContaining({ code: 'model-command.usage' }) as Error);
  });
});
