import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { systemClock } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { createAgentClient } from '#packages/http';
import type { AgentClient } from '#packages/http';
import { connectIpc } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import { PATIENCE_MS } from '../patience.ts';
import { MemoryNucleus } from '../ipc/memory-nucleus.ts';
import { InferenceApp } from '../../components/inference-app/inference-app.ts';
import { COMPONENT } from '../../components/inference-app/read-configuration.ts';
import { ScriptedAgent } from './scripted-agent.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** The whole application in this process, with a nucleus in memory and an agent with scripted answers on a real socket. */
export class AppRig {
  readonly nucleus = new MemoryNucleus();
  readonly lines: LogLine[] = [];
  readonly agent: ScriptedAgent;
  readonly work: string;
  readonly images: string;
  readonly #client: AgentClient;
  readonly #ipc: IpcSession;
  readonly #apps: InferenceApp[] = [];

  private constructor(work: string) {
    this.work = work;
    this.images = join(work, 'images');
    this.agent = new ScriptedAgent(join(work, 'agent.sock'));
    this.#client = createAgentClient({ socketPath: this.agent.socketPath });
    const environment = { ipcToken: undefined, ipcSocket: undefined, nucleus: 'java' } as const;
    this.#ipc = connectIpc({ component: COMPONENT, environment, transport: this.nucleus.transport(COMPONENT) });
  }

  static async open(): Promise<AppRig> {
    const rig = new AppRig(await mkdtemp(join(tmpdir(), 'edgeml-app-')));
    await mkdir(rig.images);
    await rig.agent.start();
    return rig;
  }

  async start(configuration: object): Promise<InferenceApp> {
    this.nucleus.configuration.set(COMPONENT, [], configuration);
    const app = await InferenceApp.start({
      ipc: this.#ipc,
      agent: this.#client,
      thing: 'gate-7',
      workFolder: this.work,
      sampleImages: this.images,
      clock: systemClock,
      random: Math.random,
      log: this.#recorder(),
      setLogLevel: () => undefined,
    });
    this.#apps.push(app);
    return app;
  }

  /** Changes one setting while the application runs. */
  change(key: string, value: unknown): void {
    this.nucleus.configure(COMPONENT, [key], value);
  }

  /** Payloads on an IoT Core topic, as text. */
  payloads(topic: string): readonly string[] {
    return this.nucleus.iotMessages.filter((message) => message.topic === topic).map(({ payload }) => payload);
  }

  events(): readonly string[] {
    return this.lines.map(({ event }) => event);
  }

  of(event: string): readonly LogLine[] {
    return this.lines.filter((line) => line.event === event);
  }

  async close(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.stop()));
    await this.#ipc.close();
    this.#client.close();
    await this.agent.stop();
    await rm(this.work, { recursive: true, force: true });
  }

  #recorder(): Logger {
    const note =
      (level: LogLine['level']) =>
      (facts: object, event: string): void =>
        void this.lines.push({ level, event, facts: { ...facts } });
    return {
      debug: note('debug'),
      info: note('info'),
      warn: note('warn'),
      error: note('error'),
      child: () => this.#recorder(),
    };
  }
}

/** Waits for what must come. */
export function eventually(condition: () => boolean): Promise<unknown> {
  return vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 5 });
}
