import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Incidents, silentLogger } from '#packages/foundation';
import { FakeClock } from '../../../../../testing/clock/fake-clock.ts';
import { FolderJournal } from './folder-journal.ts';
import type { DoneImage } from './folder-journal.ts';

let folder: string;
let file: string;
let incidents: Incidents;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeml-journal-'));
  file = join(folder, 'journal', 'line.journal');
  incidents = new Incidents(silentLogger);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const clock = new FakeClock();
const open = (more: object = {}) =>
  FolderJournal.open({
    file,
    scope: 'folder and services',
    clock,
    source: 'line',
    incidents,
    ...more,
  });
const image = (n: number, more: Partial<DoneImage> = {}): DoneImage => ({
  name: `below/${n}.jpg`,
  signature: `${n}:1000.5:77`,
  bytes: n,
  modifiedAt: 1_000 + n,
  hash: `hash-${n}`,
  ...more,
});
const names = (journal: FolderJournal): readonly number[] =>
  Array.from({ length: 20 }, (_, n) => n).filter((n) => journal.find(`below/${n}.jpg`) !== undefined);

describe('FolderJournal', () => {
  it('remembers images, on the disk within a quarter of a second', async () => {
    const journal = await open();
    journal.add(image(1));
    await clock.advance(250);
    await expect.poll(() => readFile(file, 'utf8').catch(() => '')).toContain('below/1.jpg');
    journal.add(image(2));
    await journal.flush();
    const again = await open();
    expect(again.find('below/1.jpg')).toEqual(image(1));
    expect(names(again)).toEqual([1, 2]);
    expect(incidents.current).toEqual([]);
  });

  it('keeps all lines before the one in which the power was lost, wherever that was, and goes on behind them', async () => {
    const journal = await open();
    for (const n of [1, 2, 3]) journal.add(image(n));
    await journal.flush();
    const whole = await readFile(file);
    const counts = new Set<number>();
    for (let bytes = 0; bytes <= whole.length; bytes++) {
      await writeFile(file, whole);
      await truncate(file, bytes);
      const cut = await open();
      const kept = names(cut);
      counts.add(kept.length);
      expect(kept).toEqual([1, 2, 3].slice(0, kept.length));
      if (bytes % 7 > 0) continue;
      cut.add(image(9));
      await cut.flush();
      expect(names(await open())).toEqual([...kept, 9]);
    }
    expect([...counts].sort()).toEqual([0, 1, 2, 3]);
  });

  it('leaves out a damaged line, zeros among them', async () => {
    const journal = await open();
    for (const n of [1, 2, 3]) journal.add(image(n));
    await journal.flush();
    const lines = (await readFile(file, 'latin1')).split('\n');
    lines[2] = '\0'.repeat(lines[2]!.length);
    await writeFile(file, `${lines.join('\n')}${'\0'.repeat(64)}`);
    const damaged = await open();
    expect(names(damaged)).toEqual([1, 3]);
    damaged.add(image(4));
    await damaged.flush();
    expect(names(await open())).toEqual([1, 3, 4]);
  });

  it('begins again in another scope', async () => {
    const journal = await open();
    journal.add(image(1));
    await journal.flush();
    const other = await open({ scope: 'other services' });
    expect(names(other)).toEqual([]);
    other.add(image(2));
    await other.flush();
    expect(names(await open())).toEqual([]);
    expect(names(await open({ scope: 'other services' }))).toEqual([2]);
  });

  it('is bounded, and takes unknown files that are not newer than those it dropped for done', async () => {
    const journal = await open({ maxImages: 3 });
    for (let n = 0; n < 10; n++) journal.add(image(n));
    await journal.flush();
    const again = await open({ maxImages: 3 });
    expect(names(again)).toEqual([7, 8, 9]);
    expect([again.mayBeDropped(1_006), again.mayBeDropped(1_007)]).toEqual([true, false]);
  });

  it('does not grow with an image that is changed again and again', async () => {
    const journal = await open();
    for (let n = 0; n < 5_000; n++) {
      journal.add(image(1, { signature: `${n}` }));
      if (n % 500 === 0) await journal.flush();
    }
    await journal.flush();
    expect((await readFile(file, 'latin1')).split('\n').length).toBeLessThan(1_100);
    expect((await open()).find('below/1.jpg')).toMatchObject({ signature: '4999' });
  });

  it('knows the same file again that had vanished, but no copy of it', async () => {
    const journal = await open();
    journal.add(image(1));
    journal.vanished('below/1.jpg');
    journal.vanished('below/2.jpg');
    await journal.flush();
    const again = await open();
    expect(again.find('below/1.jpg')).toEqual(image(1, { hash: undefined }));
    expect(names(again)).toEqual([1]);
  });

  it('says that it cannot be written, and is whole once it can', async () => {
    await writeFile(join(folder, 'journal'), 'a file is in the way');
    const journal = await open();
    journal.add(image(1));
    await journal.flush();
    expect(incidents.current).toMatchObject([{ code: 'source.journal-failed', subject: 'journal of line' }]);
    await rm(join(folder, 'journal'));
    journal.add(image(2));
    await journal.flush();
    expect(incidents.current).toEqual([]);
    expect(names(await open())).toEqual([1, 2]);
  });
});
