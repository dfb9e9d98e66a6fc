import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { ComponentLog } from './component-log.ts';
import { fileLogger } from './file-logger.ts';
import { RotatingFile } from './rotating-file.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-logs-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('RotatingFile', () => {
  it('puts full files aside and removes the oldest, keeping every line in between', async () => {
    const file = new RotatingFile(folder, 'a.A', { fileBytes: 100, totalBytes: 350 });

    for (let line = 0; line < 60; line++) file.append(`line ${String(line).padStart(4, '0')}`);
    file.close();

    const names = (await readdir(folder)).sort(
      (a, b) => Number(/_(\d+)/.exec(a)?.[1] ?? 99) - Number(/_(\d+)/.exec(b)?.[1] ?? 99),
    );
    const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).size));
    const lines = (await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8'))))
      .join('')
      .trim()
      .split('\n');
    expect(sizes.every((size) => size <= 100)).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(350);
    expect(lines.length).toBeGreaterThan(20);
    expect(lines).toEqual(
      Array.from({ length: lines.length }, (_, at) => `line ${String(60 - lines.length + at).padStart(4, '0')}`),
    );
  });

  it('goes on with the file that is there', async () => {
    new RotatingFile(folder, 'a.A').append('one');
    new RotatingFile(folder, 'a.A').append('two');

    expect(await readFile(path.join(folder, 'a.A.log'), 'utf8')).toBe('one\ntwo\n');
  });

  it('does not touch the files of a component whose name goes on', async () => {
    new RotatingFile(folder, 'a.A_1x').append('other');
    const file = new RotatingFile(folder, 'a.A', { fileBytes: 10, totalBytes: 10 });
    for (let line = 0; line < 10; line++) file.append('xxxxxxxx');
    file.close();

    expect(await readdir(folder)).toContain('a.A_1x.log');
  });
});

describe('ComponentLog', () => {
  it('wraps lines as the nucleus does, stdout as INFO and stderr as WARN, and masks credentials', async () => {
    const log = new ComponentLog(folder, 'a.A', new FakeClock(Date.UTC(2026, 1, 3)));

    log.output({ component: 'a.A', section: 'run', stream: 'stdout', text: 'hello' }, 'RUNNING');
    log.output(
      { component: 'a.A', section: 'run', stream: 'stderr', text: 'rtsp://me:secret@camera/1 fails' },
      'RUNNING',
    );
    log.close();

    const facts = '{scriptName=services.a.A.lifecycle.run, serviceName=a.A, currentState=RUNNING}';
    expect(await readFile(log.path, 'utf8')).toBe(
      `2026-02-03T00:00:00.000Z [INFO] a.A: stdout. hello. ${facts}\n` +
        `2026-02-03T00:00:00.000Z [WARN] a.A: stderr. rtsp://***@camera/1 fails. ${facts}\n`,
    );
  });
});

describe('fileLogger', () => {
  it('writes one JSON line per event, with the facts of its parents', async () => {
    const log = fileLogger(folder, new FakeClock(Date.UTC(2026, 1, 3)));

    log.child({ component: 'a.A' }).warn({ error: new Error('no') }, 'thing.failed');
    log.debug({}, 'not.written');
    log.close();

    expect(JSON.parse(await readFile(log.path, 'utf8'))).toEqual({
      time: '2026-02-03T00:00:00.000Z',
      level: 'warn',
      event: 'thing.failed',
      component: 'a.A',
      error: 'no',
    });
  });
});
