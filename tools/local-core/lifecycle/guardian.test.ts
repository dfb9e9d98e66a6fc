import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { CORE_MARK, Guardian, SIGN_ON } from './guardian.ts';
import { processTable } from './process-table.ts';

function alive(pid: number): boolean {
  return processTable().some((row) => row.pid === pid);
}

const ended = (pid: number) => vi.waitUntil(() => !alive(pid), { timeout: PATIENCE_MS });

/** Starts a script as the core does, which writes a process id once it has signed on; resolves with that. */
async function start(guardian: Guardian, script: string, mark = 'none'): Promise<number> {
  const child = spawn('/bin/sh', ['-c', SIGN_ON, 'sh', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit', guardian.pipe ?? 'ignore'],
    env: { ...process.env, [CORE_MARK]: mark },
  });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return Number(line.toString());
}

describe('Guardian', () => {
  it('kills the groups that are signed on when its pipe closes, stubborn ones too', async () => {
    const guardian = await Guardian.start('test-1');
    const one = await start(guardian, 'echo $$; sleep 1000 & wait');
    const two = await start(guardian, "trap '' TERM; echo $$; while :; do sleep 0.05; done");

    await guardian.close();

    const left = () => processTable().some(({ group }) => group === one || group === two);
    await vi.waitUntil(() => !left(), { timeout: PATIENCE_MS });
  });

  it('leaves groups alone that were signed off', async () => {
    const guardian = await Guardian.start('test-2');
    const pid = await start(guardian, 'echo $$; exec sleep 1000');
    guardian.signOff(pid);

    await guardian.close();

    expect(alive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });

  it.runIf(process.platform === 'linux')('finds processes that left their group by the mark of the core', async () => {
    const guardian = await Guardian.start('test-3');
    const pid = await start(guardian, "setsid sh -c 'echo $$; exec sleep 1000' & wait", 'test-3');
    const row = processTable().find((one) => one.pid === pid);
    expect(row?.group).toBe(pid);
    guardian.signOff(row?.parent ?? -1);

    await guardian.close();

    await ended(pid);
  });

  it.runIf(process.platform === 'linux')('lets them end by themselves first', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-guardian-'));
    const script = path.join(folder, 'script');
    await writeFile(script, 'trap ": >$1; exit" TERM; echo $$; while :; do sleep 0.05; done');
    const guardian = await Guardian.start('test-5');
    await start(guardian, `exec sh ${script} ${folder}/group`);
    const stray = await start(guardian, `setsid sh ${script} ${folder}/stray & wait`, 'test-5');
    guardian.signOff(processTable().find(({ pid }) => pid === stray)?.parent ?? -1);

    await guardian.close();

    expect((await readdir(folder)).sort()).toEqual(['group', 'script', 'stray']);
    await rm(folder, { recursive: true });
  });

  it('outlives a Ctrl-C and a lost terminal', async () => {
    const guardian = await Guardian.start('test-4');
    const pid = await start(guardian, 'echo $$; exec sleep 1000');
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(guardian.pid, name);

    await guardian.close();

    await ended(pid);
  });
});
