import { copyFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChallengerReport, ModelStatus } from '#packages/http';
import { openBrowser } from '../../testing/browser/open-browser.ts';
import { consoleFolder, startInProcessConsole } from '../../testing/console/in-process-console.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { chromium } from '../../testing/outside-data/programs.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { bundleForBrowser } from '../../tools/bundle/bundle.ts';
import { PROJECT } from '../../tools/bundle/project.ts';

const SERVING: ModelStatus = {
  alias: 'PartsDetector',
  name: 'PartsDetector',
  version: '1.0.0',
  generation: 1,
  hash: 'a'.repeat(64),
  state: 'active',
  task: 'object-detection',
  provider: 'cpu',
  requestedProviders: ['cpu'],
  fallbacks: [],
  variant: 'model.onnx',
  workers: 1,
  inFlight: 0,
  activatedAt: '2026-11-27T14:00:00.000Z',
  memoryBytes: 52_000_000,
  shares: { webgpu: { nodes: 60, runMs: 4 }, cpu: { nodes: 3, runMs: 1.25 } },
};

const REPORT: ChallengerReport = {
  alias: 'PartsDetector',
  challenger: { ...SERVING, version: '1.2.0', hash: 'b'.repeat(64) },
  champion: SERVING,
  state: 'comparing',
  sharePercent: 10,
  cpuPercent: 25,
  since: '2026-11-27T14:00:00.000Z',
  comparison: {
    frames: 300,
    agreed: 284,
    failed: 1,
    skipped: { busy: 4, budget: 20, queue: 7, gone: 0 },
    findings: { same: 900, otherClass: 12, championOnly: 31, challengerOnly: 57 },
    meanIou: 0.934,
    meanScoreDifference: -0.0214,
    latency: {
      champion: { meanMs: 13.1, p50Ms: 12.4, p95Ms: 19.8 },
      challenger: { meanMs: 16.2, p50Ms: 15.3, p95Ms: 28.9 },
    },
    memoryBytes: { champion: 52_000_000, challenger: 55_400_000 },
    differences: [
      {
        id: 'r-1',
        service: 'PartsDetector',
        at: '2026-11-27T14:05:09.000Z',
        reason: '1.2.0 found wing-nut, 1.0.0 did not',
      },
    ],
  },
};

/** The page as it ships, in a real browser, and an agent that is a script: a live challenger waits for time that a busy machine does not have. */
describe('challengers in the console', await needs(chromium), () => {
  let reports: readonly ChallengerReport[] = [REPORT];
  let browser: Browser;
  let page: Page;
  const ends: (() => unknown)[] = [];

  beforeAll(async () => {
    const work = await consoleFolder();
    ends.push(() => rm(work, { recursive: true, force: true }));
    const source = path.join(PROJECT, 'components/console/page');
    for (const file of ['index.html', 'icon.svg'])
      await copyFile(path.join(source, file), path.join(work, 'page', file));
    for (const [file, entry] of [
      ['page.js', 'main.tsx'],
      ['page.css', 'page.css'],
    ] as const)
      await writeFile(path.join(work, 'page', file), (await bundleForBrowser(path.join(source, entry))).code);
    const agent = http.createServer((request, response) => {
      const answers: Readonly<Record<string, unknown>> = {
        '/v1/models': [SERVING],
        '/v1/challengers': reports,
        '/healthz': { status: 'ok', incidents: [] },
      };
      const answer = answers[request.url ?? ''];
      response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? { error: { code: 'x', message: 'no such route' } }));
    });
    agent.listen(path.join(work, 'agent.sock'));
    await once(agent, 'listening');
    ends.push(() => agent.close());
    const running = await startInProcessConsole(work, {});
    ends.push(() => running.close());
    browser = await openBrowser();
    ends.push(() => browser.close());
    page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(`${running.url}/#/models`);
  });

  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });

  it('stand beside the share of the graph that an accelerator leaves to the CPU', async () => {
    const model = page.getByRole('article', { name: 'Model PartsDetector' });
    await model.getByText('On the CPU').waitFor();
    expect((await model.innerText()).replaceAll(/\s+/g, ' ')).toContain('3 of 63 nodes');
  });

  it('stand below the model that serves, with what comparing the two has shown', async () => {
    const challenger = page
      .getByRole('article', { name: 'Model PartsDetector' })
      .getByRole('region', { name: 'Challenger of PartsDetector' });
    await challenger.getByText('answers nobody, is compared').waitFor();
    const text = (await challenger.innerText()).replaceAll(/\s+/g, ' ');
    for (const words of [
      'Challenger 1.2.0',
      'Agreement 94.6 % of 300 pictures',
      'Boxes 91.2 % matched overlap 0.93',
      'Scores −0.021',
      'Time for a picture 15.3 ms p95 28.9; the one that serves 12.4, p95 19.8',
      'Memory 55.4 MB 52.0 MB of the one that serves',
      'Failures 1 sees 10 % of the pictures, 25 % of a core at most',
      'Not seen 31 7 for the queue, 20 for its share of the CPU',
      'Found by both, other class 12',
      'Only by 1.0.0, which serves 31',
      'Only by 1.2.0 57',
    ])
      expect(text).toContain(words);
    await challenger.getByText('Last pictures on which they differ').click();
    await challenger.getByText('1.2.0 found wing-nut, 1.0.0 did not').waitFor();
  });

  it('say that nothing is compared yet, and go when they end', async () => {
    const challenger = page.getByRole('region', { name: 'Challenger of PartsDetector' });
    const comparison = { ...REPORT.comparison, frames: 0, agreed: 0 };
    reports = [{ ...REPORT, state: 'paused', sharePercent: 0, comparison }];
    await challenger.getByText('paused: its share is 0').waitFor();
    await challenger.getByText('Nothing compared yet.').waitFor();
    reports = [];
    await challenger.waitFor({ state: 'detached' });
  });
});
