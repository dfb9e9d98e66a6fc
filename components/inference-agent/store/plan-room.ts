import type { AliasRecord, StoredPackage } from './alias-record.ts';
import { agentErrors } from '../errors.ts';

/** The room that an alias takes of the store. */
export interface RoomTaken extends AliasRecord {
  /** Nothing of it may go: the disk does not have this record yet, and a restart would need what was active before. */
  readonly pinned?: boolean;
}

/**
 * Which aliases give up the package that they keep for a rollback, so that a new one fits under the cap: the oldest first.
 * Active packages never make room; the previous one of the alias itself is replaced in any case.
 * @throws EdgeError `store.full`
 */
export function planRoom(
  alias: string,
  bytes: number,
  records: readonly RoomTaken[],
  maxBytes: number,
): readonly AliasRecord[] {
  const own = records.find((record) => record.alias === alias);
  const others = records.filter((record) => record !== own);
  const spare = others
    .filter(({ previous, pinned }) => previous?.kept && !pinned)
    .sort((a, b) => (a.activatedAt < b.activatedAt ? -1 : 1));
  let used = others.reduce((sum, record) => sum + keptBytes(record.active) + keptBytes(record.previous), 0);
  used += keptBytes(own?.active);
  const evicted: AliasRecord[] = [];
  while (used + bytes > maxBytes) {
    const next = spare.shift();
    if (!next) {
      const message = `the package of ${bytes} bytes does not fit: ${used} of ${maxBytes} bytes are taken`;
      throw agentErrors.error('store.full', message, { facts: { bytes, used, maxBytes } });
    }
    used -= keptBytes(next.previous);
    evicted.push(next);
  }
  return evicted;
}

function keptBytes(stored: StoredPackage | undefined): number {
  return stored?.kept ? stored.bytes : 0;
}
