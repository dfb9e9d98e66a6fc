import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAgentClient } from '#packages/http';
import { beltVideo } from '../../testing/app/looping-video.ts';
import { openBrowser } from '../../testing/browser/open-browser.ts';
import { SAMPLES } from '../../testing/device/samples.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { chromium, ffmpeg } from '../../testing/outside-data/programs.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { Child } from '../../testing/process/child.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { MemoryIo } from '../../tools/cli/frame/io.ts';
import { runProgram } from '../../tools/cli/program.ts';

/** The collection as `npm start` runs it, in a real browser: nothing is made up. */
describe('the console of npm start', await needs(chromium, ffmpeg), () => {
  let folder: string;
  let root: string;
  let run: Child;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let address: string;
  let complaints: string[];
  let asked: Set<string>;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-page-'));
    root = path.join(folder, 'core');
    const words = [path.join(PROJECT, 'tools/edgeml.mjs'), 'start', '--root', root];
    run = new Child(process.execPath, words, { environment: process.env });
    const isUp = () => run.err.includes('Ctrl-C stops everything') || run.isOver;
    const [video] = await Promise.all([beltVideo(folder, 40), vi.waitUntil(isUp, { timeout: PATIENCE_MS })]);
    if (run.isOver) throw new Error(run.err);
    address = /Console +(http:\/\/127\.0\.0\.1:\d+\/#token=\S+)/.exec(run.err)?.[1] ?? '';
    const belt = {
      Type: 'stream',
      Url: video,
      Loop: true,
      FramesPerSecond: 5,
      MaxWidth: 640,
      Services: ['PartsDetector'],
    };
    // Decoded, so that the models read it from shared memory and the picture is made for the viewer.
    const sources = { belt: { ...belt, MotionGate: { Enabled: true } } };
    const config = JSON.stringify({ 'edgeml.InferenceApp': { MERGE: { Sources: sources } } });
    const io = new MemoryIo();
    const deployed = ['local', 'deploy', '--root', root, '--config', config, 'edgeml.InferenceApp=1.0.0'];
    expect(await runProgram(deployed, io, new AbortController().signal), io.err).toBe(0);
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    run?.kill('SIGTERM');
    await run?.exit.catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  });

  afterEach(async () => {
    await context?.close();
    // Every error of Chromium counts: a refused script, a broken picture, a failed request.
    expect(complaints).toEqual([]);
    expect([...asked]).toEqual([new URL(address).origin]);
  });

  async function open(where = address, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    [complaints, asked] = [[], new Set()];
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('request', (request) => void asked.add(new URL(request.url()).origin));
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    page.on('pageerror', (error) => void complaints.push(error.message));
    await page.goto(where);
    return page;
  }

  const audit = async (): Promise<Record<string, unknown>[]> =>
    (await readFile(path.join(root, 'work/edgeml.Console/audit.log'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('shows each source with what was found on it, how fast it is, and results as they come', async () => {
    await open();
    const belt = page.getByRole('link', { name: /^belt,/ });
    await belt.getByText(/\d\/s/).waitFor();
    await belt.getByText(/\d+ \/ \d+ ms/).waitFor();
    const picture = belt.getByRole('img');
    // e.g. "belt: 2 gear, washer", and as many boxes as that.
    await vi.waitUntil(async () => /: (?!nothing)/.test((await picture.getAttribute('aria-label')) ?? ''), {
      timeout: 20_000,
    });
    expect(await picture.locator('svg g').count()).toBeGreaterThan(0);
    const first = await picture.getAttribute('aria-label');
    await vi.waitUntil(async () => (await picture.getAttribute('aria-label')) !== first, { timeout: 20_000 });

    const closeups = page.getByRole('link', { name: /^sample-closeups, done/ });
    await closeups.getByText('9 results').waitFor();
    expect(await closeups.getByRole('img').getAttribute('aria-label')).toMatch(/^sample-closeups: [a-z-]+ 0\.\d\d$/);
    await page.getByRole('heading', { name: 'Waiting for a first image' }).waitFor();
    expect(await page.locator('.rail .results li').count()).toBeGreaterThan(5);
    // An address that somebody copies does not have the token.
    expect(page.url()).not.toContain('token');
  });

  it('shows each model: what it runs on, its golden test, and golden pictures beside what the device answers', async () => {
    await open();
    await page.getByRole('link', { name: /^Models/ }).click();
    const detector = page.getByRole('article', { name: 'Model PartsDetector' });
    await detector.getByText('3 passed').waitFor();
    await detector.getByText(/MB/).waitFor();
    await detector.getByRole('link', { name: 'PartsDetector' }).click();
    await expect.poll(() => detector.getByText(/^as expected, /).count()).toBe(3);
    expect(await detector.getByRole('img', { name: /^Expected on golden\/belt-02\.jpg: / }).count()).toBe(1);
    const answered = await detector
      .getByRole('img', { name: /^Answer to golden\/belt-02\.jpg: / })
      .getAttribute('aria-label');
    expect(answered).toContain('gear');
    await page.getByText(/^PartsDetector 1\.0\.0 is in service on cpu/).waitFor();
  });

  it('answers an image of the viewer as the agent does', async () => {
    const file = path.join(SAMPLES, 'part-gear.jpg');
    const agent = createAgentClient({ socketPath: path.join(root, 'work/edgeml.InferenceAgent/agent.sock') });
    const options = { contentType: 'image/jpeg' };
    const { predictions } = await agent
      .invoke('PartsClassifier', await readFile(file), options)
      .finally(() => agent.close());
    await open();
    await page.getByRole('link', { name: /^Models ?2$/ }).waitFor();
    await page.getByLabel('Try an image').setInputFiles(file);
    const dialog = page.getByRole('dialog', { name: 'Answers to your image' });
    await dialog.getByText(`${predictions[0]?.label} ${predictions[0]?.score.toFixed(2)},`).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await audit()).toContainEqual(
      expect.objectContaining({ what: 'asked', path: '/api/services/PartsClassifier/answer', outcome: 'done' }),
    );
  });

  it('keeps the frame that is seen, with the label it should have, and shows it among the samples', async () => {
    await open();
    await page.getByRole('link', { name: /^belt,/ }).click();
    await page.getByRole('button', { name: 'This is wrong' }).click();
    await page.getByText('held still').waitFor();
    await page.getByLabel('Label it should have').fill('flange');
    await page.getByRole('button', { name: 'Keep as a sample' }).click();
    await page.getByText(/^Kept as /).waitFor();
    await page.getByRole('link', { name: /^Samples/ }).click();
    await page.getByText('should be flange').waitFor();
    await page.getByText('chosen by hand').waitFor();
    const stamp = page.getByRole('img', { name: 'Sample from belt' });
    await expect
      .poll(() => stamp.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth))
      .toBe(320);
    expect(await audit()).toContainEqual(
      expect.objectContaining({ what: 'wrote', path: '/api/sources/belt/samples', outcome: 'done' }),
    );
  });

  it('finds results by their words', async () => {
    await open();
    await page.getByRole('link', { name: 'Results', exact: true }).click();
    const lines = page.locator('.results.detailed li');
    await lines
      .filter({ hasText: /belt.*gear/ })
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Hold still' }).click();
    const all = await lines.count();
    await page.getByLabel('Find').fill('belt gear');
    await page.getByText(new RegExp(`^\\d+ of ${all}$`)).waitFor();
    await expect.poll(() => lines.count()).toBeLessThan(all);
    for (const line of await lines.allTextContents()) for (const word of ['belt', 'gear']) expect(line).toContain(word);
    await page.getByLabel(/^Score from/).fill('1');
    await page.getByText(`0 of ${all}`).waitFor();
  });

  it('only shows, and does nothing, for a viewer without the token', async () => {
    await open(`${new URL(address).origin}/#/live/belt`);
    await page.getByText('Keeping samples needs the token').waitFor();
    expect(await page.getByRole('button', { name: 'This is wrong' }).isDisabled()).toBe(true);
    await page.getByRole('img', { name: /^belt: / }).waitFor();
  });

  it('is used with the keyboard alone, and read on a phone', async () => {
    await open(address, { viewport: { width: 390, height: 844 }, colorScheme: 'light' });
    await page.getByRole('link', { name: /^belt,/ }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'All sources' }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });

  it('writes down who watched, what and for how long', async () => {
    await open();
    await page
      .getByRole('link', { name: /^belt,/ })
      .getByRole('img')
      .waitFor();
    await context.close();
    await expect
      .poll(audit)
      .toContainEqual(
        expect.objectContaining({ what: 'watch.ended', from: '127.0.0.1', pictures: expect.any(Number) as number }),
      );
    const began = (await audit()).filter(({ what }) => what === 'watch.began');
    expect(began.some(({ mayWrite }) => mayWrite === false)).toBe(true);
    expect(
      (await audit()).some(({ what, sources }) => what === 'watch.saw' && (sources as string[]).includes('belt')),
    ).toBe(true);
  });
});
