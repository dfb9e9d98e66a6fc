import { spawnSync } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAgentClient } from '#packages/http';
import type { RtspServer } from '../../testing/app/rtsp-server.ts';
import { openBrowser } from '../../testing/browser/open-browser.ts';
import { LOGIN, startRunningConsole } from '../../testing/browser/running-console.ts';
import type { RunningConsole } from '../../testing/browser/running-console.ts';
import { SAMPLES } from '../../testing/device/samples.ts';
import { alertRules, boardQueries, metricsIn } from '../../testing/monitoring/monitoring-files.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { chromium, ffmpeg, promtool, rtspServer } from '../../testing/outside-data/programs.ts';
import { PROJECT } from '../../tools/bundle/project.ts';

const hasPromtool = await needs(promtool);

/** The collection as `npm start` runs it, in a real browser, with a camera that speaks RTSP and asks for a login: nothing is made up. */
describe('the console of npm start', await needs(chromium, ffmpeg, rtspServer), () => {
  let folder: string;
  let root: string;
  let running: RunningConsole;
  let camera: RtspServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let address: string;
  let complaints: string[];
  let asked: Set<string>;

  beforeAll(async () => {
    running = await startRunningConsole();
    ({ address, root, folder, camera } = running);
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await running?.stop();
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
    page.setDefaultTimeout(PATIENCE_MS);
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
      timeout: PATIENCE_MS,
    });
    // The next answer may have found nothing.
    await expect.poll(() => picture.locator('svg g').count()).toBeGreaterThan(0);
    const first = await picture.getAttribute('aria-label');
    await vi.waitUntil(async () => (await picture.getAttribute('aria-label')) !== first, { timeout: PATIENCE_MS });

    const closeups = page.getByRole('link', { name: /^sample-closeups, done/ });
    await closeups.getByText('9 results').waitFor();
    expect(await closeups.getByRole('img').getAttribute('aria-label')).toMatch(/^sample-closeups: [a-z-]+ 0\.\d\d$/);
    await page.getByRole('heading', { name: 'Waiting for a first image' }).waitFor();
    await expect.poll(() => page.locator('.rail .results li').count()).toBeGreaterThan(5);
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
    await page.getByRole('link', { name: /^Models ?4$/ }).waitFor();
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
    await page.getByLabel('Find').fill('belt gear');
    const counts = page.getByText(/^\d+ of \d+$/);
    const countsNow = async () => (await counts.textContent())!.split(' of ').map(Number);
    await expect.poll(countsNow).toSatisfy(([found = 0, all = 0]: number[]) => found < all);
    const [found = 0, all = 0] = await countsNow();
    // The list shows the last 200.
    await expect.poll(() => lines.count()).toBe(Math.min(found, 200));
    for (const line of await lines.allTextContents()) for (const word of ['belt', 'gear']) expect(line).toContain(word);
    await page.getByLabel(/^Score from/).fill('1');
    await page.getByText(`0 of ${all}`).waitFor();
  });

  it('changes a setting, says at its field what is wrong with it, and keeps a source that somebody adds', async () => {
    await open();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('heading', { name: 'edgeml.InferenceApp' }).waitFor();
    const concurrency = page.getByLabel('Concurrency', { exact: true });
    await concurrency.fill('99');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('expected number to be <=64, got 99', { exact: true }).waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('setting/Concurrency');
    expect(await concurrency.getAttribute('aria-invalid')).toBe('true');
    expect(complaints.splice(0)).toEqual([expect.stringContaining('400')]);

    await concurrency.fill('3');
    await page.getByLabel('Add to Sources', { exact: true }).fill('yard');
    await page.keyboard.press('Enter');
    const yard = page.locator('details.setting-entry', { has: page.locator('summary', { hasText: /^yard/ }) });
    await yard.getByLabel('Path', { exact: true }).fill(path.join(folder, 'yard'));
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByRole('link', { name: /^Live/ }).click();
    await page.getByRole('link', { name: 'yard', exact: true }).waitFor();

    await page.getByRole('link', { name: 'Settings' }).click();
    await yard.locator('summary').first().click();
    await yard.getByRole('button', { name: 'Remove yard' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByRole('link', { name: /^Live/ }).click();
    await page.getByRole('link', { name: 'yard', exact: true }).waitFor({ state: 'detached' });
    expect(await audit()).toContainEqual(
      expect.objectContaining({ what: 'wrote', path: '/api/configuration/edgeml.InferenceApp', outcome: 'done' }),
    );
  });

  it('tries a model that somebody drops: says what it is, shows its answer, and puts it into service', async () => {
    const packaged = path.join(PROJECT, 'artifacts/models/PartsDetector');
    const file = path.join(folder, 'wheels.onnx');
    await copyFile(path.join(packaged, 'model.onnx'), file);
    await open();
    await page.getByRole('link', { name: /^belt,/ }).waitFor();
    await page.getByLabel('Try an image or a model').setInputFiles(file);
    const dialog = page.getByRole('dialog', { name: 'Your model' });
    await dialog.getByText('class numbers stand for them').waitFor();
    await dialog.getByText('object-detection').waitFor();
    await dialog.getByLabel('Labels, one a line').setInputFiles(path.join(packaged, 'labels.txt'));
    await dialog.getByText('class numbers stand for them').waitFor({ state: 'detached' });
    await dialog.getByLabel('Picture of', { exact: true }).selectOption('belt');
    await dialog.getByRole('button', { name: 'Look at it' }).click();
    await dialog.getByText(/ ms$/).waitFor();
    await dialog.getByRole('img', { name: /^wheels: / }).waitFor();
    await dialog.getByRole('button', { name: 'Put it into service' }).click();
    await dialog.getByText('npm run -s edgeml -- try wheels.onnx --labels labels.txt').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: /^Models ?5$/ }).click();
    await page.getByRole('article', { name: 'Model wheels' }).waitFor();
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

  it('gives every metric that alerts and board ask for, as Prometheus reads them', hasPromtool, async () => {
    await open();
    const up = ['InferenceAgent', 'InferenceApp', 'FeedbackUploader'].map(
      (component) => `edgeml_component_up{component="edgeml.${component}"} 1\n`,
    );
    up.push('edgeml_app_source_up{component="edgeml.InferenceApp",source="belt"} 1\n');
    let text = '';
    // A component that is slow to answer counts as down that once.
    await expect
      .poll(async () => {
        text = await (await page.request.get(new URL('/metrics', address).href)).text();
        return up.filter((line) => !text.includes(line));
      })
      .toEqual([]);
    expect(spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toMatchObject({
      stderr: '',
      status: 0,
    });
    const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const asked = metricsIn([...alertRules().map(({ expr }) => expr), ...boardQueries()]);
    expect([...asked].filter((name) => !known.has(name))).toEqual([]);
  });

  it('says of a camera that goes away that it does, and whose it is', async () => {
    await open();
    await page.getByRole('link', { name: /^belt, (motion|still|live)/ }).waitFor();
    await camera.stop();
    await page.getByRole('link', { name: /^belt, no frames come/ }).waitFor();
    await page.getByRole('region', { name: 'Problems' }).getByText(/belt/).waitFor();
    expect(await page.content()).not.toContain(LOGIN.password);
  });
});
