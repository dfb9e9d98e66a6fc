import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import { createRouter, METRICS_TYPE, startSocketServer, watchRoutes } from '#packages/http';
import type { SocketServer } from '#packages/http';
import { consoleFolder, startInProcessConsole } from '../../../testing/console/in-process-console.ts';
import { consoleErrors } from '../errors.ts';
import type { RunningConsole } from '../start-console.ts';

let work: string;
let agent: SocketServer;
let running: RunningConsole;

beforeEach(async () => {
  work = await consoleFolder();
  const routes = watchRoutes({
    health: () => ({ status: 'ok' }),
    incidents: () => [{ code: 'disk.full', subject: 'disk', severity: 'error', message: 'm', since: '' }],
    metrics: async () => '# HELP some_total Some.\n# TYPE some_total counter\nsome_total{alias="Parts"} 3\n',
  });
  const refused = (message: string, facts: { readonly path: string }) =>
    consoleErrors.error('console.no-route', message, { facts });
  const badPath = (message: string, path: string) => refused(message, { path });
  const errors = { noRoute: refused, methodNotAllowed: refused, badPath };
  agent = await startSocketServer(join(work, 'agent.sock'), createRouter(routes, { errors, log: silentLogger }), {
    mode: 0o600,
  });
  running = await startInProcessConsole(work, {});
});

afterEach(async () => {
  await running.close();
  await agent.close(0);
  await rm(work, { recursive: true, force: true });
});

it('gives the metrics of the components that answer, and says which do not', async () => {
  const answer = await fetch(`${running.url}/metrics`);
  expect(answer.headers.get('content-type')).toBe(METRICS_TYPE);
  const lines = (await answer.text()).split('\n');
  const isOwn = (line: string): boolean => line.includes('component="edgeml.Console"');
  expect(lines.filter((line) => line !== '' && !line.startsWith('#') && !isOwn(line))).toEqual([
    'edgeml_component_up{component="edgeml.InferenceAgent"} 1',
    'edgeml_component_up{component="edgeml.InferenceApp"} 0',
    'edgeml_component_up{component="edgeml.FeedbackUploader"} 0',
    'some_total{component="edgeml.InferenceAgent",alias="Parts"} 3',
    'edgeml_incidents{component="edgeml.InferenceAgent",code="disk.full",severity="error"} 1',
  ]);
});

it.runIf(process.platform === 'linux')('counts its own descriptors, threads and children', async () => {
  const text = await (await fetch(`${running.url}/metrics`)).text();
  const own = [...text.matchAll(/^(process_\w+)\{component="edgeml.Console"\} (\d+)$/gm)].map(([, name, value]) => [
    name,
    Number(value),
  ]);
  expect(own).toEqual([
    ['process_open_fds', expect.toSatisfy((open: number) => open > 10)],
    ['process_max_fds', expect.toSatisfy((most: number) => most >= 256)],
    ['process_threads', expect.toSatisfy((threads: number) => threads > 1)],
    ['process_children', expect.any(Number)],
  ]);
});
