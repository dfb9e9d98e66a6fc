import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { PATIENCE_MS, TEST_LIMIT_MS } from '../../../testing/patience.ts';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { startFaultProxy } from '../../../testing/object-store/fault-proxy.ts';
import type { FaultProxy } from '../../../testing/object-store/fault-proxy.ts';
import { startS3Server } from '../../../testing/object-store/s3-server.ts';
import type { S3Server } from '../../../testing/object-store/s3-server.ts';
import { bundleFile } from '../../../testing/process/bundle-file.ts';
import type { Child } from '../../../testing/process/child.ts';
import { startBundle } from '../../../testing/process/start-component.ts';
import { referencesOf } from './event/read-events.ts';
import { bucketContent } from '../../../testing/agent/capture/bucket-content.ts';
import { eventsOf } from '../../../testing/agent/capture/capture-maker.ts';

/** SIGKILLs at random points; `EDGEML_CAPTURE_KILLS=200` for more, EDGEML_CAPTURE_SEED for other points. */
const KILLS = Number(process.env['EDGEML_CAPTURE_KILLS'] ?? 4);
const SEED = Number(process.env['EDGEML_CAPTURE_SEED'] ?? 1);
/** More than a process comes to before it is killed. */
const ENDLESS = '1000000';
const MAX_CAPTURES_BEFORE_KILL = 60;
/** Then it is killed with the upload that is so many after that. */
const MAX_UPLOADS_BEFORE_KILL = 6;

let folder: string;
let server: S3Server;
let proxy: FaultProxy;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capture-crash-'));
  server = await startS3Server('data');
  proxy = await startFaultProxy(server.url);
});

afterEach(async () => {
  await proxy.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

describe('row 98: captures with the destination Disk and periodic upload', () => {
  it(
    `survive ${KILLS} SIGKILLs during capture and upload: none lost, none twice, no half line`,
    { timeout: TEST_LIMIT_MS + KILLS * 30_000 },
    async () => {
      const random = seededRandom(SEED);
      const accepted: string[] = [];
      for (let round = 0; round < KILLS; round++) {
        const child = await startChild(`run${round}`, ENDLESS);
        const enough = 1 + Math.floor(random() * MAX_CAPTURES_BEFORE_KILL);
        await child.line(new RegExp(`^\\+run${round}-${enough}$`));
        const uploads = proxy.seen.requests + Math.floor(random() * MAX_UPLOADS_BEFORE_KILL);
        await vi.waitUntil(() => proxy.seen.requests >= uploads, { timeout: PATIENCE_MS, interval: 1 });
        expect(await child.end('SIGKILL')).toBe('SIGKILL');
        accepted.push(...acceptedBy(child));
      }
      const last = await startChild('last', '10');
      await last.line(/^done$/);
      expect(await last.exit).toBe(0);
      accepted.push(...acceptedBy(last));

      const content = await bucketContent(server.url, 'data');
      const files = [...content].filter(([key]) => key.endsWith('.jsonl'));
      const events = files.flatMap(([, body]) => eventsOf(body.toString()));
      const ids = events.map((event) => event.eventMetadata.eventId);
      expect(ids.length).toBe(new Set(ids).size);
      expect(accepted.filter((id) => !ids.includes(id))).toEqual([]);
      // Captures that were durable but not answered when the process was killed: at most what was asked for at once.
      expect(ids.length - accepted.length).toBeLessThanOrEqual(4 * KILLS);
      const references = events.flatMap(referencesOf).map((reference) => reference.replace('s3://data/', ''));
      expect(references.length).toBeGreaterThan(0);
      for (const key of references) expect([key, content.get(key)?.length]).toEqual([key, 4_096]);
      expect(content.size).toBe(files.length + references.length);
      console.info(
        `${KILLS} kills with seed ${SEED}: ${accepted.length} captures accepted, ${ids.length} events in ${files.length} files and ${references.length} side files`,
      );
    },
  );
});

async function startChild(run: string, captures: string): Promise<Child> {
  const bundle = await bundleFile('inference-agent', 'capture-child.js', 'testing/agent/capture/capture-child.ts');
  const child = startBundle(bundle, [folder, proxy.url, run, captures], { cwd: folder });
  await child.line(/^open$/);
  return child;
}

function acceptedBy(child: Child): readonly string[] {
  return child.lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1));
}
