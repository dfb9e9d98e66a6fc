import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Incidents, silentLogger, systemClock } from '#packages/foundation';
import * as http from '#packages/http';
import type { Route } from '#packages/http';
import { offlineIpc } from '#packages/ipc';
import { openDevice } from '../../../../components/console/device/device.ts';
import { startConsole } from '../../../../components/console/start-console.ts';
import { consoleRouter, feedbackRouter } from '../../../../components/feedback-uploader/http/feedback-router.ts';
import {
  administrationRouter,
  consoleRouter as agentConsoleRouter,
  inferenceRouter,
  listenerRouter,
} from '../../../../components/inference-agent/http/router.ts';
import { startWatchServer } from '../../../../components/inference-app/metrics/watch-server.ts';
import { liveRoutes } from '../../../../components/inference-app/watch/live-routes.ts';
import { PROJECT } from '../../project.ts';
import { describeRoute } from './describe-route.ts';
import { openApiPath } from './open-api-documents.ts';

/** Every table that a router is made of is seen on its way. */
const routed = vi.hoisted((): Route[] => []);
vi.mock(import('#packages/http'), async (original) => {
  const real = await original();
  return {
    ...real,
    createRouter: (...[routes, options]: Parameters<typeof real.createRouter>) => {
      routed.push(...routes);
      return real.createRouter(routes, options);
    },
  };
});

/** Ports that nobody asks. */
const nobody = new Proxy({}, { get: () => nobody }) as never;
let folder: string;

beforeEach(async () => {
  routed.length = 0;
  folder = await mkdtemp(path.join(tmpdir(), 'open-api-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Makes the routers of a component as the component does. */
const STARTS: Readonly<Record<string, () => Promise<void>>> = {
  'edgeml.InferenceAgent': async () => {
    inferenceRouter(nobody, '/run/admin.sock');
    administrationRouter(nobody);
    agentConsoleRouter(nobody);
    listenerRouter(nobody, () => undefined);
  },
  'edgeml.FeedbackUploader': async () => {
    feedbackRouter(nobody);
    consoleRouter(nobody);
  },
  'edgeml.InferenceApp': async () => {
    const incidents = new Incidents(silentLogger, { clock: systemClock });
    const live = [...liveRoutes(nobody), ...http.configurationRoutes(nobody)];
    const ports = { incidents, metrics: async () => '', clips: nobody, live };
    const server = await startWatchServer({ ...ports, workFolder: folder, folder: '', log: silentLogger });
    await server.close(1_000);
  },
  'edgeml.Console': async () => {
    await mkdir(path.join(folder, 'page'));
    for (const file of ['index.html', 'page.js', 'page.css', 'icon.svg'])
      await writeFile(path.join(folder, 'page', file), file);
    const running = await startConsole({
      ipc: { ...offlineIpc(), getConfiguration: async () => ({ Port: 0 }) },
      device: openDevice({ agentSocket: undefined, appSocket: undefined, feedbackSocket: undefined }),
      thing: 'gate-7',
      workFolder: folder,
      page: path.join(folder, 'page'),
      clock: systemClock,
      log: silentLogger,
      setLogLevel: () => undefined,
    });
    const served = await fetch(`${running.url}/openapi.json`);
    expect(await served.json()).toEqual(await written('edgeml.Console'));
    await running.close();
  },
};

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

async function written(component: string): Promise<Document> {
  return JSON.parse(await readFile(path.join(PROJECT, openApiPath(component)), 'utf8')) as Document;
}

describe('the OpenAPI document of each component', () => {
  it.each(Object.keys(STARTS))('of %s has every route, and no other', async (component) => {
    await STARTS[component]?.();
    const { paths } = await written(component);
    const described = Object.entries(paths).flatMap(([at, { get, post }]) => [
      ...(get ? [`GET ${at}`] : []),
      ...(post ? [`POST ${at}`] : []),
    ]);
    expect(described.sort()).toEqual([...new Set(routed.map((route) => `${route.method} ${route.path}`))].sort());
    expect(described.length).toBeGreaterThan(6);
  });

  it.each(Object.keys(STARTS))('of %s is valid', async (component) => {
    const { valid, errors } = await new Validator().validate({ ...(await written(component)) });
    expect({ valid, errors }).toMatchObject({ valid: true });
  });
});

describe('a route without a description', () => {
  const route: Route = { method: 'GET', path: '/v1/new', handle: () => undefined };

  it('is named', () => {
    expect(() => describeRoute(route, new Map())).toThrow(/the route GET \/v1\/new does not have `api`/);
  });

  it('is named, too, if it answers with a type that nobody knows', () => {
    const api = { summary: 'Says something.', answers: { 200: http.jsonAnswer('It.', { type: 'Unknown' }) } };
    expect(() => describeRoute({ ...route, api }, new Map())).toThrow(/names the type Unknown/);
  });
});
