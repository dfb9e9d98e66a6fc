import { gzipSync } from 'node:zlib';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundleForBrowser } from '../../tools/bundle/bundle.ts';
import { PROJECT } from '../../tools/bundle/project.ts';

const PAGE = path.join(PROJECT, 'components/console/page');

describe('the page of the console', () => {
  it('takes less than 200 kB from the device, gzipped, and asks for nothing from elsewhere', async () => {
    const bundles = ['main.tsx', 'page.css'].map((file) => bundleForBrowser(path.join(PAGE, file)));
    const built = (await Promise.all(bundles)).map(({ code }) => code);
    const files = ['index.html', 'icon.svg'].map((file) => readFile(path.join(PAGE, file)));
    const all = [...built, ...(await Promise.all(files))];

    expect(all.reduce((sum, content) => sum + gzipSync(content).length, 0)).toBeLessThan(200_000);
    for (const content of all)
      expect(content.toString().match(/https?:\/\/(?!www\.w3\.org\/)[^\s"'`]*/g) ?? []).toEqual([]);
  });
});
