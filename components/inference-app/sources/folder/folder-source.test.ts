import { appendFile, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Incidents, parseConfiguration, silentLogger, systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { PATIENCE_MS } from '../../../../testing/patience.ts';
import { FakeClock } from '../../../../testing/clock/fake-clock.ts';
import { appConfiguration } from '../../config.ts';
import type { Frame, FrameOutcome } from '../../frame/frame.ts';
import { RecordingSink } from '../../../../testing/app/recording-sink.ts';
import { testImage, testNpy, writeTestImage } from '../../../../testing/app/test-image.ts';
import { bmp, tiff } from '../../../../testing/vision/rasters.ts';
import { npzOf } from '../../../../testing/vision/tensor-cases.ts';
import { completenessOf } from './complete-file.ts';
import { FolderSource } from './folder-source.ts';
import { FolderJournals } from './journal/folder-journals.ts';
import { SettlingFiles } from './settling-files.ts';

let incidents: Incidents;
let work: string;
let folder: string;
let sources: FolderSource[];
let journals: FolderJournals;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'edgeml-folder-'));
  folder = join(work, 'images');
  await mkdir(folder);
  sources = [];
  journals = openJournals();
});

afterEach(async () => {
  await Promise.all(sources.map((source) => source.stop()));
  await rm(work, { recursive: true, force: true });
});

const openJournals = (): FolderJournals =>
  new FolderJournals({ folder: join(work, 'journal'), clock: systemClock, incidents: new Incidents(silentLogger) });

function sourceOf(
  settings: object,
  clock: Clock = systemClock,
  maxImageBytes = 1_000_000,
  log = silentLogger,
): FolderSource {
  const parsed = parseConfiguration(
    appConfiguration,
    { Sources: { line: settings } },
    { component: 'edgeml.InferenceApp' },
  );
  const configuration = parsed.Sources['line'];
  if (!configuration) throw new Error('no source');
  const source = new FolderSource({
    name: 'line',
    configuration,
    workFolder: work,
    maxImageBytes: () => maxImageBytes,
    journals,
    clock,
    isOtherFolder: (path) => path === join(folder, 'other'),
    incidents: (incidents = new Incidents(log)),
    log,
  });
  sources.push(source);
  return source;
}

const put = async (name: string): Promise<string> => {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeTestImage(path);
  return path;
};

const bytesOf = (frame: Frame | undefined): Promise<number> =>
  frame ? frame.withImage(async ({ bytes }) => bytes.length) : Promise.reject(new Error('no frame'));

const eventually = (condition: () => boolean): Promise<unknown> =>
  vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 5 });

describe('FolderSource, once', () => {
  it('offers every image in natural order, however its ending is written and however deep it lies', async () => {
    const deep = Array.from({ length: 20 }, (_, level) => `level-${level}`).join('/');
    for (const name of ['10.jpg', '2.JPG', '1.jpeg', 'b.PNG', 'c.WebP', `${deep}/deep.jpg`]) await put(name);
    await writeFile(join(folder, 'd.npy'), testNpy());
    await writeFile(join(folder, 'g.NPZ'), await npzOf({}));
    await writeFile(join(folder, 'e.TIF'), tiff({ bits: 16 }));
    await writeFile(join(folder, 'f.bmp'), bmp({ bits: 8 }));
    for (const name of ['notes.txt', '.hidden.jpg', 'x.jpg.part', 'noending']) await writeFile(join(folder, name), 'x');
    await mkdir(join(folder, '.cache'));
    await writeTestImage(join(folder, '.cache', 'e.jpg'));
    const sink = new RecordingSink();

    await sourceOf({ Mode: 'once' }).run(sink);

    const names = ['1.jpeg', '2.JPG', '10.jpg', 'b.PNG', 'c.WebP', 'd.npy', 'e.TIF', 'f.bmp', 'g.NPZ'];
    expect(sink.images).toEqual([...names, `${deep}/deep.jpg`]);
    const types = await Promise.all(
      sink.frames.map((frame) => frame.withImage(async ({ contentType }) => contentType)),
    );
    expect(types).toEqual([
      'image/jpeg',
      'image/jpeg',
      'image/jpeg',
      'image/png',
      'image/webp',
      'application/x-npy',
      'image/tiff',
      'image/bmp',
      'application/x-npz',
      'image/jpeg',
    ]);
  });

  it('says what it does not read and why, and nothing of files that nobody meant as images', async () => {
    for (const name of ['a.gif', 'b.HEIC', 'c.jxl', 'd.mp4', 'notes.txt', '.hidden.gif'])
      await writeFile(join(folder, name), 'x');
    await put('below/e.jpg');
    await put('other/f.jpg');
    await mkdir(join(folder, 'empty'));

    await sourceOf({ Mode: 'once', Recursive: false }).run(new RecordingSink());

    expect(incidents.current).toMatchObject([
      {
        code: 'source.files-ignored',
        subject: 'files of line',
        severity: 'warning',
        message:
          'source line does not read a.gif (GIF), b.HEIC (HEIC), below/ (1 image in it), c.jxl (JPEG XL), d.mp4 (a video)',
        todo: expect.stringMatching(/JPEG, PNG, WebP, BMP, TIFF, npy or npz.*Recursive/) as string,
      },
    ]);
  });

  it('stays in the folder itself when it is not recursive, and follows links to files but not to folders', async () => {
    await put('a.jpg');
    await put('below/b.jpg');
    await symlink(join(folder, 'a.jpg'), join(folder, 'link.jpg'));
    await symlink(folder, join(folder, 'loop'));
    const flat = new RecordingSink();
    const deep = new RecordingSink();

    await sourceOf({ Mode: 'once', Recursive: false }).run(flat);
    await sourceOf({ Mode: 'once' }).run(deep);

    expect(flat.images).toEqual(['a.jpg', 'link.jpg']);
    expect(deep.images).toEqual(['a.jpg', 'below/b.jpg', 'link.jpg']);
  });

  it('offers only the named image, also when it is missing: its error is then the result', async () => {
    await put('a.jpg');
    await put('b.jpg');
    const named = new RecordingSink();
    const missing = new RecordingSink();

    await sourceOf({ Mode: 'once', ImageName: 'b.jpg' }).run(named);
    await sourceOf({ Mode: 'once', ImageName: 'c.jpg' }).run(missing);

    expect(named.images).toEqual(['b.jpg']);
    await expect(bytesOf(missing.frames[0])).rejects.toMatchObject({
      code: 'source.file-gone',
      message: expect.stringContaining(join(folder, 'c.jpg')) as string,
    });
  });

  it('makes a missing folder when its path is relative, and names it when it is absolute', async () => {
    const sink = new RecordingSink();

    await sourceOf({ Mode: 'once', Path: 'new/folder' }).run(sink);
    const absolute = sourceOf({ Mode: 'once', Path: join(work, 'absent') }).run(sink);

    await expect(absolute).rejects.toMatchObject({ code: 'source.folder-missing', facts: { source: 'line' } });
    expect(sink.images).toEqual([]);
  });

  it('does not read what is too large, and says when a file went away', async () => {
    const path = await put('a.jpg');
    const sink = new RecordingSink();
    await sourceOf({ Mode: 'once' }, systemClock, 100).run(sink);

    await expect(bytesOf(sink.frames[0])).rejects.toMatchObject({ code: 'source.file-too-large', status: 413 });
    await rm(path);
    await expect(bytesOf(sink.frames[0])).rejects.toMatchObject({ code: 'source.file-gone' });
  });

  it('says that a file cannot be read, and why', async () => {
    const path = await put('a.jpg');
    const sink = new RecordingSink();
    await sourceOf({ Mode: 'once' }).run(sink);

    await rm(path);
    await mkdir(path);

    await expect(bytesOf(sink.frames[0])).rejects.toMatchObject({
      code: 'source.file-unreadable',
      facts: { code: 'EISDIR' },
    });
  });

  it('reads a file once for all who use it at the same time, and lets the bytes go after', async () => {
    const path = await put('a.jpg');
    const sink = new RecordingSink();
    await sourceOf({ Mode: 'once' }).run(sink);
    const [frame] = sink.frames;
    const seen: Uint8Array[] = [];
    const take = async ({ bytes }: { bytes: Uint8Array }): Promise<void> => void seen.push(bytes);

    await Promise.all([frame?.withImage(take), frame?.withImage(take)]);
    await appendFile(path, 'x');
    await frame?.withImage(take);

    expect(seen[0]).toBe(seen[1]);
    expect(seen[2]?.length).toBe((seen[0]?.length ?? 0) + 1);
  });
});

describe('FolderSource, interval', () => {
  it.each([[10], ['10']])('passes over the folder every InferenceInterval, given as %j', async (interval) => {
    await put('a.jpg');
    const clock = new FakeClock();
    const sink = new RecordingSink();
    const running = sourceOf({ Mode: 'interval', InferenceInterval: interval }, clock).run(sink);
    await eventually(() => sink.images.length === 1 && clock.pending === 1);

    await clock.advance(9_900);
    expect(sink.images).toHaveLength(1);
    await put('b.jpg');
    await clock.advance(200);
    await eventually(() => sink.images.length === 3 && clock.pending === 1);
    await clock.advance(10_000);
    await eventually(() => sink.images.length === 5);

    expect(sink.images.slice(1)).toEqual(['a.jpg', 'b.jpg', 'a.jpg', 'b.jpg']);
    await sources[0]?.stop();
    await running;
  });

  it('skips a pass as busy while images of the one before are not answered', async () => {
    await put('a.jpg');
    const clock = new FakeClock();
    const sink = new RecordingSink();
    void sourceOf({ Mode: 'interval', InferenceInterval: 1 }, clock).run(sink);
    await eventually(() => sink.images.length === 1 && clock.pending === 1);

    sink.outstanding = 1;
    await clock.advance(1_000);
    await eventually(() => sink.skipped.busy === 1 && clock.pending === 1);
    sink.outstanding = 0;
    await clock.advance(1_000);
    await eventually(() => sink.images.length === 2);
  });

  it('waits for a folder that is not there yet', async () => {
    const clock = new FakeClock();
    const sink = new RecordingSink();
    const later = join(work, 'later');
    void sourceOf({ Mode: 'interval', InferenceInterval: 1, Path: later }, clock).run(sink);
    await eventually(() => clock.pending === 1);

    await mkdir(later);
    await writeTestImage(join(later, 'a.jpg'));
    await clock.advance(1_000);
    await eventually(() => sink.images.length === 1);
  });
});

describe('FolderSource, watch', () => {
  async function watching(settings: object = {}): Promise<RecordingSink> {
    const sink = new RecordingSink();
    let isUp = false;
    const info = (_facts: object, event: string): void => void (isUp ||= event === 'source.watching');
    void sourceOf({ Mode: 'watch', ...settings }, systemClock, 1_000_000, { ...silentLogger, info }).run(sink);
    await eventually(() => isUp);
    return sink;
  }

  it('tells the images that are there, and each that comes', async () => {
    await put('old.jpg');
    const sink = await watching();
    await eventually(() => sink.images.length === 1);

    await put('new.jpg');
    await eventually(() => sink.images.length === 2);

    expect(sink.images).toEqual(['old.jpg', 'new.jpg']);
  });

  it('leaves the images that are there alone when it is told to', async () => {
    const old = await put('old.jpg');
    const sink = await watching({ ReadExisting: false });
    const probe = async (): Promise<void> => void (await put(`probe-${Math.random()}.jpg`));
    await probe();
    await eventually(() => sink.images.length >= 1);
    expect(sink.images).not.toContain('old.jpg');

    await appendFile(old, Buffer.from([0xff, 0xd9]));
    await eventually(() => sink.images.includes('old.jpg'));
  });

  it('takes a file that was moved in, and a new content of an old name', async () => {
    const sink = await watching();
    const outside = join(work, 'outside.jpg');
    await writeTestImage(outside);
    await rename(outside, join(folder, 'moved.jpg'));
    await eventually(() => sink.images.length === 1);

    const next = await testImage('jpeg', { width: 100, height: 100 });
    await writeFile(outside, next);
    await rename(outside, join(folder, 'moved.jpg'));
    await eventually(() => sink.images.length === 2);

    expect(sink.images).toEqual(['moved.jpg', 'moved.jpg']);
    expect(await bytesOf(sink.frames[1])).toBe(next.length);
  });

  it('sees images in folders that come later, and passes over what is not an image', async () => {
    const sink = await watching();

    await put('line/1/a.jpg');
    await writeFile(join(folder, 'notes.txt'), 'x');
    await eventually(() => sink.images.length === 1);
    await put('line/1/b.PNG');
    await eventually(() => sink.images.length === 2);

    expect(sink.images).toEqual(['line/1/a.jpg', 'line/1/b.PNG']);
  });

  it('tells files that never look finished too: an answer with an error is better than none', async () => {
    const sink = await watching();
    const image = await testImage();

    await writeFile(join(folder, 'cut.jpg'), image.subarray(0, 200));
    await writeFile(join(folder, 'empty.png'), '');
    await writeFile(join(folder, 'text.jpg'), 'not an image');
    await eventually(() => sink.images.length === 3);

    expect([...sink.images].sort()).toEqual(['cut.jpg', 'empty.png', 'text.jpg']);
  });

  it('finds an image that no event told of, by listing the folder', async () => {
    const path = await put('a.jpg');
    const sink = await watching();
    await eventually(() => sink.images.length === 1);

    // A new time of change without an event for its content, as on network file systems.
    await utimes(path, new Date(), new Date(Date.now() - 60_000));
    await eventually(() => sink.images.length === 2);
  });

  it('waits for an absolute folder that does not exist, and goes on when it does', async () => {
    const later = join(work, 'later');
    const sink = await watching({ Path: later });

    await mkdir(later);
    await writeTestImage(join(later, 'a.jpg'));

    await eventually(() => sink.images.length === 1);
  });

  describe('after a restart', () => {
    async function restart(): Promise<void> {
      await Promise.all(sources.map((source) => source.stop()));
      await journals.flush();
      journals = openJournals();
    }
    /** All services are done with these. */
    const end = (sink: RecordingSink, outcome: FrameOutcome = 'done') =>
      Promise.all(sink.frames.map(async (frame) => frame.onEnded?.(outcome)));
    /** Images that it tells, as many as are expected at least; a probe comes last, and may be told before a file that is read slowly. */
    async function told(count: number, settings: object = {}): Promise<readonly string[]> {
      const sink = await watching(settings);
      await put('zz-probe.jpg');
      await eventually(() => sink.images.includes('zz-probe.jpg') && sink.images.length > count);
      return sink.images.filter((name) => name !== 'zz-probe.jpg').toSorted();
    }

    beforeEach(async () => {
      for (const name of ['a.jpg', 'below/b.jpg', 'c.jpg']) await put(name);
      const sink = await watching();
      await eventually(() => sink.images.length === 3);
      await end(sink);
      await restart();
    });

    it('tells nothing again', async () => {
      expect(await told(0)).toEqual([]);
    });

    it('tells what has changed or come meanwhile, but no copy with the same content', async () => {
      const content = await readFile(join(folder, 'a.jpg'));
      await rm(join(folder, 'a.jpg'));
      await writeFile(join(folder, 'a.jpg'), content);
      await utimes(join(folder, 'below/b.jpg'), new Date(), new Date(Date.now() - 60_000));
      await writeFile(join(folder, 'c.jpg'), await testImage('jpeg', { width: 100, height: 100 }));
      await put('d.jpg');
      expect(await told(2)).toEqual(['c.jpg', 'd.jpg']);
    });

    it('tells all of it if it is to remember nothing, or to other services', async () => {
      expect(await told(3, { Journal: false })).toEqual(['a.jpg', 'below/b.jpg', 'c.jpg']);
      await restart();
      expect(await told(3, { Services: ['Other'] })).toEqual(['a.jpg', 'below/b.jpg', 'c.jpg']);
    });

    it('tells again what was not done when it stopped', async () => {
      await put('d.jpg');
      const sink = await watching();
      await eventually(() => sink.images.length === 1);
      await end(sink, 'stopped');
      await restart();
      expect(await told(1)).toEqual(['d.jpg']);
    });

    it('tells a file that went and was put there again, and not one that was moved away and back', async () => {
      const content = await readFile(join(folder, 'a.jpg'));
      const sink = await watching();
      await rm(join(folder, 'a.jpg'));
      await rename(join(folder, 'c.jpg'), join(work, 'away.jpg'));
      const gone = () =>
        journals.open('line', JSON.stringify([folder, []])).then((journal) => journal.find('c.jpg')?.hash);
      await expect.poll(gone, { timeout: PATIENCE_MS }).toBeUndefined();
      await rename(join(work, 'away.jpg'), join(folder, 'c.jpg'));
      await writeFile(join(folder, 'a.jpg'), content);
      await eventually(() => sink.images.length === 1);
      await put('zz-probe.jpg');
      await eventually(() => sink.images.length === 2);
      expect(sink.images).toEqual(['a.jpg', 'zz-probe.jpg']);
    });
  });

  it('tells an unreadable file again, ever more rarely', async () => {
    const clock = new FakeClock();
    await utimes(await put('a.jpg'), new Date(0), new Date(0));
    const sink = new RecordingSink();
    void sourceOf({ Mode: 'watch', Journal: false }, clock).run(sink);
    const step = async (ms: number): Promise<void> => {
      await clock.advance(ms);
      await eventually(() => clock.pending > 0);
    };
    await eventually(() => sink.images.length === 1);
    const times: number[] = [];
    for (let tries = 1; tries < 4; tries++) {
      await sink.frames.at(-1)?.onEnded?.('unreadable');
      const since = clock.monotonic();
      while (sink.images.length === tries) await step(500);
      times.push(clock.monotonic() - since);
    }
    for (const [n, ms] of times.entries()) expect(ms).toBeGreaterThanOrEqual(2_000 * 2 ** n);
    await sink.frames.at(-1)?.onEnded?.('done');
    for (let n = 0; n < 60; n++) await step(1_000);
    expect(sink.images).toHaveLength(4);
  });

  it('tells nothing after it was stopped', async () => {
    const sink = await watching();
    await put('a.jpg');
    await eventually(() => sink.images.length === 1);

    await sources[0]?.stop();
    await sources[0]?.stop();
    await put('b.jpg');
    const control = await watching();
    await eventually(() => control.images.length === 2);

    expect(sink.images).toEqual(['a.jpg']);
  });
});

describe('SettlingFiles', () => {
  const settlingOn = (clock: FakeClock) => {
    const told: string[] = [];
    const files = new SettlingFiles(clock, (path) => told.push(path));
    return { told, files };
  };
  /** Time passes in small steps, with room for the file system in between. */
  const pass = async (clock: FakeClock, ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      await clock.advance(10);
      await stat(folder);
    }
  };

  /** Real files take their time, however little of the clock's has passed. */
  const passUntil = async (clock: FakeClock, isThere: () => boolean): Promise<void> => {
    for (let passed = 0; passed < 60_000 && !isThere(); passed += 100) await pass(clock, 100);
  };

  it('waits for a slow writer, and tells the file once, soon after its last byte', async () => {
    const clock = new FakeClock();
    const { told, files } = settlingOn(clock);
    const image = await testImage('jpeg', { width: 640, height: 480 });
    const path = join(folder, 'slow.jpg');
    const step = Math.ceil(image.length / 5);
    await writeFile(path, image.subarray(0, step));
    files.touch(path);
    for (let at = step; at < image.length; at += step) {
      await pass(clock, 500);
      expect(told).toEqual([]);
      await appendFile(path, image.subarray(at, at + step));
      files.touch(path);
    }

    await passUntil(clock, () => told.length > 0);
    expect(told).toEqual([path]);
    await pass(clock, 5_000);

    expect(told).toEqual([path]);
    expect(clock.pending).toBe(0);
  });

  it('takes a file that never looks finished when it has not changed for a while', async () => {
    const clock = new FakeClock();
    const { told, files } = settlingOn(clock);
    const path = join(folder, 'cut.jpg');
    await writeFile(path, (await testImage()).subarray(0, 200));

    files.touch(path);
    await pass(clock, 600);
    expect(told).toEqual([]);
    await passUntil(clock, () => told.length > 0);

    expect(told).toEqual([path]);
  });

  it('forgets a file that is gone before it was seen, and all of them when it is stopped', async () => {
    const clock = new FakeClock();
    const { told, files } = settlingOn(clock);
    const path = await put('a.jpg');

    files.touch(join(folder, 'absent.jpg'));
    files.touch(path);
    files.stop();
    await pass(clock, 2_000);

    expect(told).toEqual([]);
    expect(files.isSettling(path)).toBe(false);
  });
});

describe('completenessOf', () => {
  const judge = async (content: Buffer) => {
    const path = join(work, 'probe');
    await writeFile(path, content);
    return completenessOf(path);
  };

  it('tells whole images from beginnings of them', async () => {
    const npz = Buffer.from(await npzOf({ x: { type: 'float32', shape: [40], data: new Float32Array(40) } }));
    for (const image of [await testImage('jpeg'), await testImage('png'), await testImage('webp'), testNpy(), npz]) {
      expect(await judge(image)).toBe('complete');
      expect(await judge(image.subarray(0, image.length - 3))).toBe('incomplete');
      expect(await judge(image.subarray(0, 50))).toBe('incomplete');
    }
  });

  it('takes zeros after the end of a JPEG for padding', async () => {
    expect(await judge(Buffer.concat([await testImage(), Buffer.alloc(30)]))).toBe('complete');
  });

  it.each([[''], ['text'], ['\x93NUMPY\x01\x00\x02\x00{}']])('knows nothing about %j', async (content) => {
    expect(await judge(Buffer.from(content, 'latin1'))).toBe('unknown');
  });
});
