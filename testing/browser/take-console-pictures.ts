import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { PROJECT } from '../../tools/bundle/project.ts';
import { openBrowser } from './open-browser.ts';
import { startRunningConsole } from './running-console.ts';
import type { RunningConsole } from './running-console.ts';

/** The pictures of docs/console.md: `npm run pictures`. */

interface Shot {
  readonly name: string;
  readonly dark: boolean;
  readonly phone?: boolean;
  /** Brings the page to what is to be seen. */
  readonly show: (page: Page, running: RunningConsole) => Promise<void>;
}

const SHOTS: readonly Shot[] = [
  {
    name: 'console-dark',
    dark: true,
    async show(page) {
      await page
        .getByRole('link', { name: /^belt, (motion|still|live)/ })
        .getByText(/\d\/s/)
        .waitFor();
      await seen(page, /^belt: (?!nothing)/);
    },
  },
  {
    name: 'console-source',
    dark: true,
    async show(page) {
      await page.getByRole('link', { name: /^belt,/ }).click();
      await seen(page, /^belt: (?!nothing)/);
      await page.getByRole('button', { name: 'This is wrong' }).click();
    },
  },
  {
    name: 'console-models-light',
    dark: false,
    async show(page) {
      await page.getByRole('link', { name: /^Models/ }).click();
      await page.getByRole('link', { name: 'PartsDetector' }).click();
      await page
        .getByText(/^as expected/)
        .nth(2)
        .waitFor();
    },
  },
  { name: 'console-phone', dark: true, phone: true, show: (page) => seen(page, /^belt: (?!nothing)/) },
  {
    name: 'console-settings',
    dark: false,
    async show(page) {
      await page.getByRole('link', { name: 'Settings' }).click();
      const belt = page.locator('details.setting-entry', { has: page.locator('summary', { hasText: /^belt/ }) });
      await belt.locator('summary').first().click();
      await belt.getByLabel('InferenceInterval', { exact: true }).fill('0');
      await page.getByRole('button', { name: 'Save' }).click();
      await belt.locator('.setting-problem').waitFor();
    },
  },
  {
    name: 'console-settings-phone',
    dark: true,
    phone: true,
    async show(page) {
      await page.getByRole('link', { name: 'Settings' }).click();
      await page.getByLabel('Find').fill('annotate');
      await page.getByLabel('Find').blur();
    },
  },
  {
    name: 'console-model',
    dark: true,
    async show(page, { folder }) {
      const packaged = path.join(PROJECT, 'artifacts/models/PartsDetector');
      await copyFile(path.join(packaged, 'model.onnx'), path.join(folder, 'machine-parts.onnx'));
      await page.getByLabel('Try an image or a model').setInputFiles(path.join(folder, 'machine-parts.onnx'));
      const dialog = page.getByRole('dialog', { name: 'Your model' });
      await dialog.getByLabel('Labels, one a line').setInputFiles(path.join(packaged, 'labels.txt'));
      await dialog.getByText('class numbers stand for them').waitFor({ state: 'detached' });
      await dialog.getByLabel('Picture of', { exact: true }).selectOption('belt');
      await dialog.getByRole('button', { name: 'Look at it' }).click();
      await dialog.getByText(/ ms$/).waitFor();
      await seen(page, /^machine-parts: /);
    },
  },
];

async function main(): Promise<void> {
  const running = await startRunningConsole();
  const browser = await openBrowser();
  try {
    for (const shot of SHOTS) await take(browser, running, shot);
  } finally {
    await browser.close();
    await running.stop();
  }
}

async function take(browser: Browser, running: RunningConsole, { name, dark, phone, show }: Shot): Promise<void> {
  const viewport = phone ? { width: 390, height: 844 } : { width: 1440, height: 900 };
  const context = await browser.newContext({ viewport, colorScheme: dark ? 'dark' : 'light' });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(running.address);
  await page.getByRole('link', { name: /^belt,/ }).waitFor();
  await show(page, running);
  const file = path.join(PROJECT, 'docs/pictures', `${name}.jpg`);
  await page.screenshot({ path: file, type: 'jpeg', quality: 80 });
  process.stdout.write(`${file}\n`);
  await context.close();
}

/** Waits for a picture with the words. */
async function seen(page: Page, words: RegExp): Promise<void> {
  await page.getByRole('img', { name: words }).first().waitFor();
}

await main();
