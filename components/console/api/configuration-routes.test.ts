import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EditableConfiguration, silentLogger } from '#packages/foundation';
import { CONSOLE_SOCKET, configurationRoutes, createRouter, startSocketServer } from '#packages/http';
import type { SocketServer } from '#packages/http';
import { consoleConfiguration } from '../config.ts';
import { consoleErrors } from '../errors.ts';
import { consoleFolder, startInProcessConsole, TOKEN } from '../../../testing/console/in-process-console.ts';
import type { RunningConsole } from '../start-console.ts';

const LINK = 'edgeml.InferenceAgent';

let work: string;
let running: RunningConsole;
let peer: SocketServer;
let held: Record<string, unknown>;

beforeEach(async () => {
  work = await consoleFolder();
  held = { Port: 8484 };
  // Any component will do, since each has the same routes; the schema is one that is at hand here.
  const editable = new EditableConfiguration({
    component: LINK,
    schema: consoleConfiguration,
    ipc: {
      getConfiguration: async () => held,
      mergeConfiguration: async (_path, value) => void (held = { ...held, ...(value as object) }),
    },
  });
  const errors = {
    noRoute: (message: string, facts: { path: string }) => consoleErrors.error('console.no-route', message, { facts }),
    methodNotAllowed: (message: string, facts: { path: string; allow: string }) =>
      consoleErrors.error('console.method-not-allowed', message, { facts }),
    badPath: (message: string, path: string) => consoleErrors.error('console.no-route', message, { facts: { path } }),
  };
  const router = createRouter(configurationRoutes(editable), { errors, log: silentLogger });
  peer = await startSocketServer(join(work, CONSOLE_SOCKET), router, { mode: 0o600 });
});

afterEach(async () => {
  await running?.close();
  await peer.close(0);
  await rm(work, { recursive: true, force: true });
});

async function start(settings: object): Promise<void> {
  running = await startInProcessConsole(work, settings);
}

interface Answers {
  readonly component: string;
  readonly mayChange: boolean;
  readonly report?: { readonly values: { readonly Port: number } };
  readonly error?: { readonly code: string };
}

const ask = (token: string): Promise<Response> =>
  fetch(`${running.url}/api/configuration`, { headers: { authorization: `Bearer ${token}` } });
const read = async (): Promise<readonly Answers[]> => (await (await ask(TOKEN)).json()) as readonly Answers[];

async function change(component: string, merge: unknown, token = TOKEN): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${token}` };
  const body = JSON.stringify({ merge });
  const answer = await fetch(`${running.url}/api/configuration/${component}`, { method: 'POST', headers, body });
  return { status: answer.status, body: await answer.json() };
}

describe('settings in the console', () => {
  it('are shown to viewers with the token, and each component that is away says so in its place', async () => {
    await start({});
    expect((await ask('not-the-token-of-this')).status).toBe(401);
    expect(await read()).toMatchObject([
      { component: 'edgeml.InferenceApp', mayChange: false, error: { code: 'console.no-socket' } },
      { component: LINK, mayChange: false, report: { values: { Port: 8484 } } },
      { component: 'edgeml.FeedbackUploader', mayChange: false, error: { code: 'console.no-socket' } },
      { component: 'edgeml.Console', mayChange: false, report: { values: { Port: 0 } } },
    ]);
  });

  it('are read only unless AllowConfiguration says otherwise, even with the token', async () => {
    await start({});
    expect(await change(LINK, { Port: 9000 })).toMatchObject({
      status: 403,
      body: { error: { code: 'console.configuration-closed' } },
    });
    expect(held).toEqual({ Port: 8484 });
  });

  it('need the token to be changed, and the audit log says who changed them', async () => {
    await start({ AllowConfiguration: true });
    expect(await change(LINK, { Port: 9000 }, 'not-the-token-of-this')).toMatchObject({ status: 401 });
    expect(held).toEqual({ Port: 8484 });
    expect(await change(LINK, { Port: 9000 })).toMatchObject({ status: 200, body: { values: { Port: 9000 } } });
    expect(held).toEqual({ Port: 9000 });
    const path = `/api/configuration/${LINK}`;
    const lines = (await readFile(join(work, 'audit.log'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { what: 'refused', path },
      { what: 'wrote', path, outcome: 'done', from: '127.0.0.1' },
    ]);
  });

  it('name each setting that is wrong', async () => {
    await start({ AllowConfiguration: true });
    const { status, body } = await change(LINK, { Port: 'eighty', LogLevel: 'loud' });
    expect(status).toBe(400);
    const { problems } = (body as { error: { facts: { problems: { pointer: string }[] } } }).error.facts;
    expect(problems.map(({ pointer }) => pointer).toSorted()).toEqual(['/LogLevel', '/Port']);
  });

  it('of the console itself only a deployment changes: the page does not open itself to the network', async () => {
    await start({ AllowConfiguration: true });
    expect(await change('edgeml.Console', { Address: '0.0.0.0' })).toMatchObject({ status: 403 });
    expect((await stat(join(work, CONSOLE_SOCKET))).mode & 0o777).toBe(0o600);
  });
});
