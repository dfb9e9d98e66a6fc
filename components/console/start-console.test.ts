import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '#packages/foundation';
import { offlineIpc, readIncidentMessage } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import { openDevice } from './device/device.ts';
import { startConsole } from './start-console.ts';
import type { RunningConsole } from './start-console.ts';

let work: string;
let running: RunningConsole;
let validate: (raw: unknown) => unknown;
let configure: (raw: unknown) => void;
let told: string[];
let level: string;
let settings: object;
let start: () => Promise<RunningConsole>;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'edgeml-console-'));
  await mkdir(join(work, 'page'));
  for (const file of ['index.html', 'page.js', 'page.css', 'icon.svg']) await writeFile(join(work, 'page', file), file);
  told = [];
  settings = { Port: 0, Theme: 'dark' };
  const nothing = { close: async () => undefined };
  const ipc: IpcSession = {
    ...offlineIpc(),
    getConfiguration: async () => settings,
    publishLocal: async (_topic, message) => {
      const news = readIncidentMessage(message);
      if (news) told.push(`${news.component} ${news.event} ${news.incident.code} ${news.incident.subject}`);
    },
    onConfiguration: async (handle) => {
      configure = handle;
      return nothing;
    },
    validateConfiguration: async (check) => {
      validate = check;
      return nothing;
    },
  };
  start = () =>
    startConsole({
      ipc,
      device: openDevice({ agentSocket: undefined, appSocket: undefined, feedbackSocket: undefined }),
      thing: 'gate-7',
      workFolder: work,
      page: join(work, 'page'),
      clock: systemClock,
      log: silentLogger,
      setLogLevel: (next) => (level = next),
    });
  running = await start();
});

afterEach(async () => {
  await running.close();
  await rm(work, { recursive: true, force: true });
});

describe('the configuration of the console', () => {
  it('refuses a deployment with a setting that it does not know, and only tells of one that was there before', () => {
    expect(validate({ Port: 0, Theme: 'dark', Adress: '::1' })).toBe(
      'setting /Adress is not known and is ignored; did you mean Address?',
    );
    expect(validate({ Port: 0, Theme: 'light' })).toBeUndefined();
    expect(told).toEqual(['edgeml.Console incident.opened config.unknown-key setting /Theme']);
  });

  it('keeps the former one while the new one is wrong, and says so until one is right', () => {
    told = [];
    configure({ Port: 'eighty', LogLevel: 'error' });
    expect(level).toBe('info');
    configure({ Port: 0, LogLevel: 'warn' });
    expect(level).toBe('warn');
    expect(told).toEqual([
      'edgeml.Console incident.opened configuration.rejected configuration',
      'edgeml.Console incident.resolved config.unknown-key setting /Theme',
      'edgeml.Console incident.resolved configuration.rejected configuration',
    ]);
  });
});

describe('a port that another console has', () => {
  it('ends the start, unless any port will do', async () => {
    const Port = Number(new URL(running.url).port);
    settings = { Port };
    await expect(start()).rejects.toMatchObject({ code: 'socket.failed' });

    settings = { Port, AnyPortIfTaken: true };
    const second = await start();
    try {
      expect(Number(new URL(second.url).port)).not.toBe(Port);
      expect((await fetch(second.url)).status).toBe(200);
      expect((await fetch(running.url)).status).toBe(200);
    } finally {
      await second.close();
    }
  });
});
