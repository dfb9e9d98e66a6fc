import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAgentProcess } from '../../testing/agent/agent-process.ts';
import type { AgentProcess } from '../../testing/agent/agent-process.ts';
import { TEST_PICTURE } from '../../testing/app/ffmpeg.ts';
import { SAMPLE_PACKAGE } from '../../testing/agent/sample-package.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../testing/outside-data/programs.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import type { Child } from '../../testing/process/child.ts';
import { childrenOf, openFilesOf } from '../../testing/process/process-facts.ts';
import { startComponent } from '../../testing/process/start-component.ts';

const needed = await needs(ffmpeg);
const patient = { timeout: PATIENCE_MS, interval: 20 };

describe.runIf(process.platform === 'linux')('shared memory for frames', needed, () => {
  let work: string;
  let agent: AgentProcess;
  let app: Child;
  let folder: string;
  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'edgeml-left-'));
    agent = await startAgentProcess(join(work, 'agent'));
    await agent.client.activate({ path: SAMPLE_PACKAGE, alias: 'Parts' });
    app = await startApp();
    folder = folderOf(agent);
    await rings(1);
  });
  afterEach(async () => {
    agent.client.close();
    await Promise.all([app.end('SIGKILL'), agent.process.end()]);
    await rm(work, { recursive: true, force: true });
  });

  const startApp = (): Promise<Child> =>
    startComponent('inference-app', {
      workFolder: join(work, 'app'),
      environment: { EDGEML_AGENT_SOCKET: agent.socketPath },
      configuration: {
        Sources: { cam: { Type: 'stream', Url: TEST_PICTURE, Format: 'lavfi', Services: ['Parts'] } },
        Annotate: { Enabled: false },
        StatisticsIntervalSeconds: 1,
      },
    });

  /** Where an agent's rings are: the lock of its folder is one of its open files. */
  function folderOf({ process: { pid } }: { readonly process: Child }): string {
    return dirname(openFilesOf(pid).find((file) => /\/edgeml-frames-[^/]+\/owner$/.test(file)) ?? '');
  }

  const content = (): readonly string[] | undefined => {
    try {
      return readdirSync(folder).filter((name) => name !== 'owner');
    } catch {
      return undefined;
    }
  };
  const rings = (count: number) => expect.poll(() => content()?.length, patient).toBe(count);
  /** Answered frames, as the application counts them from now on. */
  const answers = async (): Promise<void> => {
    const from = app.lines.length;
    const isAnswer = (line: string) => /"event":"app.statistics"/.test(line) && !/"answered":0\b/.test(line);
    await expect.poll(() => app.lines.slice(from).some(isAnswer), patient).toBe(true);
  };

  it('is given back when the application is killed', async () => {
    await answers();
    app.kill('SIGKILL');
    await rings(0);
    await expect.poll(() => agent.client.metrics(), patient).toMatch(/^edgeml_frame_memory_bytes 0$/m);
  });

  it('goes with an agent that is killed, and the next one has a new ring', async () => {
    await answers();
    agent.process.kill('SIGKILL');
    await agent.process.exit;
    await expect.poll(content, patient).toBeUndefined();

    agent = await startAgentProcess(join(work, 'agent'));
    folder = folderOf(agent);
    await rings(1);
    await answers();
  });

  it('stays when the process of a model is killed, and its frames are answered again', async () => {
    await answers();
    const before = content();
    for (const pid of childrenOf(agent.process.pid)) process.kill(pid, 'SIGKILL');
    await agent.process.line(/instance|crashed|fault/);
    await answers();
    expect(content()).toEqual(before);
  });

  it('goes when both are killed at once, at the latest with the next agent', async () => {
    for (const one of [agent.process, app]) one.kill('SIGKILL');
    await Promise.all([agent.process.exit, app.exit]);
    agent = await startAgentProcess(join(work, 'agent'));
    expect(content()).toBeUndefined();
    expect(folderOf(agent)).not.toBe(folder);
  });

  it('goes with an agent that is stopped before it has started', async () => {
    const starting = await startComponent('inference-agent', { workFolder: join(work, 'starting') });
    await starting.line(/"event":"limits.control-groups"/);
    const its = folderOf({ process: starting });
    expect(its).not.toBe('.');
    expect(await starting.end('SIGTERM')).toBe(0);
    expect(existsSync(its)).toBe(false);
  });
});
