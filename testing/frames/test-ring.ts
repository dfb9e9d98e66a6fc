import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RingStore, RingWriter, SHARED_MEMORY } from '#packages/frames';
import type { PlacedFrame } from '#packages/frames';
import { layoutOf } from './frame-pattern.ts';

/** A folder on tmpfs, if there is one. */
export function sharedFolder(): { readonly path: string; remove(): void } {
  const parent = existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir();
  const path = mkdtempSync(join(parent, 'edgeml-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface TestRing {
  /** A gray frame of one row, the text being its pixels. */
  write(slot: number, text: string): PlacedFrame;
  close(): void;
}

/** A ring in a folder on tmpfs. */
export async function openTestRing(folder: string): Promise<TestRing> {
  const store = new RingStore({ folder, budget: () => 1_000_000 });
  const lease = await store.lease({ slotBytes: 64, slots: 3 });
  const { ring } = lease;
  const writer = RingWriter.open(ring);
  return {
    write(slot, text) {
      writer.begin(slot);
      writer.bytes(slot).write(text);
      return { ring, slot, sequence: writer.publish(slot), layout: layoutOf(text.length, 1, 'gray') };
    },
    close() {
      lease.end();
      writer.close();
    },
  };
}
