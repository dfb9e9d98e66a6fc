import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let started: InProcessAgent;
const clock = new FakeClock();

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  await started.close();
  await folder.remove();
});

const problems = async () => (await started.client.health()).incidents.map(({ code, message }) => [code, message]);

describe('the socket of Edge Manager, if somebody else has its path', () => {
  let path: string;

  beforeEach(async () => {
    path = join(folder.path, 'edge.sock');
    await writeFile(path, 'in the way');
    await writeFile(join(folder.path, 'stand-in.request'), '7.1 edgeml.EdgeManager\n');
    const nucleus = new MemoryNucleus();
    nucleus.configuration.set(COMPONENT, [], { EdgeManager: 'on', UnixSocketName: path });
    started = await startInProcess(folder.path, nucleus, clock);
    await expect.poll(problems).toEqual([['edge-manager.not-served', `${path} exists and is not a socket`]]);
  });

  it('is a problem that /healthz tells until the path is free', async () => {
    expect((await started.client.health()).status).toBe('degraded');
    await rm(path);
    await expect.poll(() => clock.advance(5_000).then(problems)).toEqual([]);
  });

  it('lets the component that stands in for Edge Manager start when the path is free', async () => {
    const answer = () => readFile(join(folder.path, 'stand-in.answer'), 'utf8').catch(() => undefined);
    expect(await answer()).toBeUndefined();
    await rm(path);
    await expect.poll(() => clock.advance(5_000).then(answer)).toBe(`7.1 ${path}\n`);
  });
});
