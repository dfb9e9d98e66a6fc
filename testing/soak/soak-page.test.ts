import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../patience.ts';
import { Child } from '../process/child.ts';
import { LiveHeaps } from './live-heaps.ts';
import { grownMemory } from './grown-memory.ts';
import { lineChart } from './line-chart.ts';
import type { ChartLine } from './line-chart.ts';
import { faultsOfDevice } from './run-device-soak.ts';
import type { DeviceSoakReport } from './run-device-soak.ts';
import type { SoakSample } from './series.ts';
import { soakPage } from './soak-page.ts';

const chart = (points: ChartLine['points']) =>
  lineChart({
    title: 'Memory',
    unit: 'MB',
    lines: [{ name: 'agent', points }],
    marks: [{ seconds: 50, name: 'a <fault>' }],
    seconds: 100,
  });

const GOOD = {
  seconds: 100,
  seed: 4,
  faults: [
    { seconds: 8, name: 'bad model deployed', outcome: 'FAILED_ROLLBACK_COMPLETE' },
    { seconds: 16, name: 'agent killed' },
  ],
  leftOut: [],
  samples: [2, 4].map((seconds) => ({
    seconds,
    memoryMB: { application: 60, agent: 200, uploader: 50 },
    liveHeapMB: { application: 14 },
    pids: { application: 100, agent: 101, uploader: 102 },
    descriptors: { application: 40, agent: 41, uploader: 20 },
    threads: {},
    latencyMs: { p50: 10, p95: 20 },
    resultsPerSecond: 20,
    waiting: 1,
  })),
  counts: { frames: 10, answered: 7, skipped: { stale: 3 } } as unknown as DeviceSoakReport['counts'],
  results: 7,
  books: { accepted: 6, uploaded: 3, evicted: 2, waiting: 1 },
  stored: { objects: 3, twice: 0 },
  lostInSwaps: 0,
  alive: ['north', 'east', 'south', 'west'],
  ringMB: { first: 0, last: 0, max: 0 },
  leftBehind: { processes: 0, ringFolders: 0 },
} satisfies DeviceSoakReport;

describe('the report of a soak', () => {
  it('balances its books, or says what is off', () => {
    expect(faultsOfDevice(GOOD)).toEqual([]);
    const off: DeviceSoakReport = {
      ...GOOD,
      faults: [{ seconds: 8, name: 'bad model deployed', outcome: 'SUCCEEDED' }],
      counts: { ...GOOD.counts, answered: 6 },
      books: { ...GOOD.books, waiting: 0 },
      stored: { objects: 2, twice: 1 },
      alive: ['north', 'south', 'west'],
      leftBehind: { processes: 1, ringFolders: 0 },
    };
    expect(faultsOfDevice(off)).toEqual([
      'east did not come back',
      '9 frames were processed or skipped, of 10',
      '1 damaged models were taken',
      '5 samples were uploaded, evicted or wait, of 6 accepted',
      '3 samples count as uploaded, 2 are in the store',
      '1 samples were stored more than once',
      '1 processes were left behind',
    ]);
  });

  it('is one page that fetches nothing, and escapes what it shows', () => {
    const page = soakPage(GOOD, ['<script>'], new Date(0));
    expect(page).not.toMatch(/<script|src=|href=|url\(/);
    expect(page).toContain('3 uploaded + 2 evicted + 1 waiting');
    expect(page.match(/<svg /g)).toHaveLength(7);
  });
});

describe('memory within the life of the last process', () => {
  /** An hour of a process that begins at the tenth minute. */
  const life = (heapMB: (minute: number) => number, memoryMB = heapMB): readonly SoakSample[] =>
    Array.from({ length: 70 }, (_, minute) => ({
      ...GOOD.samples[0]!,
      seconds: minute * 60,
      pids: { application: minute < 10 ? 7 : 8 },
      liveHeapMB: { application: minute < 10 ? 99 : heapMB(minute) },
      memoryMB: { application: minute < 10 ? 99 : memoryMB(minute) },
    }));

  it('may rise while it warms up, swing, and stay', () => {
    expect(grownMemory(life((minute) => Math.min(14, minute) + (minute % 3) / 4))).toEqual([]);
  });

  it('is a leak if the live heap goes on growing, however slowly', () => {
    expect(grownMemory(life((minute) => 14 + minute / 15 + (minute % 3) / 4))).toEqual([
      'the live heap of the application grew by 1.2 MB within its last process',
    ]);
  });

  it('is a leak if what does not lie in the heap goes on growing', () => {
    expect(
      grownMemory(
        life(
          () => 14,
          (minute) => 80 + minute,
        ),
      ),
    ).toEqual(['the memory of the application grew by 19 MB within its last process']);
  });

  it('says nothing of a process that has just begun', () => {
    expect(grownMemory(life((minute) => minute).slice(0, 12))).toEqual([]);
  });
});

describe('a chart', () => {
  it('draws a line, marks the faults, and leaves gaps open', () => {
    const svg = chart([
      [0, 10],
      [10, 20],
      [20, 10],
      [90, 40],
    ]);
    expect(/ d="([^"]*)"/.exec(svg)?.[1]).toBe('M56 161.2L143.4 128.4L230.8 161.2M842.6 62.8');
    expect(svg).toContain('a &#60;fault&#62;');
  });

  it('keeps the largest of what it leaves out', () => {
    const svg = chart(Array.from({ length: 10_000 }, (_, at) => [at / 100, at === 5_001 ? 50 : 1] as const));
    expect(svg.length).toBeLessThan(40_000);
    expect(svg).toMatch(/L[\d.]+ 30(?=L)/);
  });
});

describe('the JavaScript heap of a component under test', () => {
  it('is told when it is asked for, garbage left out', async () => {
    const heaps = new LiveHeaps();
    const module = path.join(import.meta.dirname, 'live-heap.mjs');
    const code =
      'globalThis.kept = Array.from({ length: 3e5 }, (_, n) => ({ n })); Array.from({ length: 3e6 }, (_, n) => ({ n })); setInterval(() => 0, 1e6); console.log("up")';
    const child = new Child(process.execPath, ['--import', module, '-e', code], {
      environment: { EDGEML_SOAK_HEAPS: heaps.folder },
    });
    try {
      await vi.waitUntil(() => child.out.includes('up'), { timeout: PATIENCE_MS, interval: 20 });
      expect(heaps.told(child.pid)).toBeUndefined();
      heaps.ask(child.pid);
      await vi.waitUntil(() => heaps.told(child.pid) !== undefined, { timeout: PATIENCE_MS, interval: 20 });
      expect(heaps.told(child.pid)).toBeGreaterThan(8e6);
      expect(heaps.told(child.pid)).toBeLessThan(60e6);
    } finally {
      await child.end('SIGTERM');
      heaps.close();
    }
  });
});
