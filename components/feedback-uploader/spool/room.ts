import type { EntryIndex, SpoolEntry } from './entry-index.ts';
import { bytesOnDisk } from './spool-folder.ts';

export interface SpoolLimits {
  /** Bytes on the disk, journal included. */
  readonly maxBytes: number;
  readonly maxSamples: number;
  /** Bytes that stay free on the disk. */
  readonly minFreeBytes: number;
}

/** The room that is left under each bound. Below 0 when a bound was lowered. */
export interface Room {
  /** Under the cap of the spool. */
  readonly bytes: number;
  readonly samples: number;
  /** Free on the disk above the watermark. */
  readonly diskBytes: number;
}

/** The bound that was reached: the spool's own (bytes or samples), or the watermark of the disk. */
export type Bound = 'space' | 'disk-low';

export interface Victim {
  readonly entry: SpoolEntry;
  readonly because: Bound;
}

export interface Admission<Newcomer> {
  readonly admitted: readonly Newcomer[];
  readonly refused: readonly { readonly newcomer: Newcomer; readonly because: Bound }[];
  /** Samples that have to go first. */
  readonly victims: readonly Victim[];
}

/**
 * Decides about newcomers, each in its turn. For one that does not fit, the least important of the waiting samples go,
 * of those the oldest, none more important than the newcomer. If even all of them would not be enough, none goes and
 * the newcomer is refused.
 *
 * @param mayGo false for samples that are being uploaded
 */
export function admit<Newcomer extends { readonly entry: SpoolEntry }>(
  newcomers: readonly Newcomer[],
  room: Room,
  entries: EntryIndex,
  mayGo: (entry: SpoolEntry) => boolean,
): Admission<Newcomer> {
  const admitted: Newcomer[] = [];
  const refused: { newcomer: Newcomer; because: Bound }[] = [];
  const victims = new Map<string, Victim>();
  let left = room;
  for (const newcomer of newcomers) {
    const { bytes, priority } = newcomer.entry;
    const need = bytesOnDisk(bytes);
    const search = findVictims({ bytes: need, samples: 1 }, priority, left, entries, (entry) => {
      return mayGo(entry) && !victims.has(entry.id);
    });
    if (search.lacking) {
      refused.push({ newcomer, because: search.lacking });
      continue;
    }
    for (const victim of search.victims) victims.set(victim.entry.id, victim);
    left = plus(plus(left, roomOf(search.victims)), { bytes: -need, samples: -1 });
    admitted.push(newcomer);
  }
  return { admitted, refused, victims: [...victims.values()] };
}

/** Samples that have to go to come under lowered bounds, as many as may. The disk's watermark stops newcomers only. */
export function overhang(room: Room, entries: EntryIndex, mayGo: (entry: SpoolEntry) => boolean): readonly Victim[] {
  const ownBounds = { ...room, diskBytes: Number.MAX_SAFE_INTEGER };
  return findVictims({ bytes: 0, samples: 0 }, HIGHEST_PRIORITY, ownBounds, entries, mayGo).victims;
}

const HIGHEST_PRIORITY = 9;

interface Need {
  readonly bytes: number;
  readonly samples: number;
}

function findVictims(
  need: Need,
  upToPriority: number,
  room: Room,
  entries: EntryIndex,
  mayGo: (entry: SpoolEntry) => boolean,
): { readonly victims: readonly Victim[]; readonly lacking: Bound | undefined } {
  const victims: Victim[] = [];
  let left = room;
  let lacking = lackingFor(need, left);
  for (const entry of entries.inEvictionOrder(upToPriority)) {
    if (!lacking) break;
    if (!mayGo(entry)) continue;
    victims.push({ entry, because: lacking });
    left = plus(left, { bytes: bytesOnDisk(entry.bytes), samples: 1 });
    lacking = lackingFor(need, left);
  }
  return { victims, lacking };
}

function lackingFor(need: Need, room: Room): Bound | undefined {
  if (room.bytes < need.bytes || room.samples < need.samples) return 'space';
  return room.diskBytes < need.bytes ? 'disk-low' : undefined;
}

function plus(room: Room, { bytes, samples }: Need): Room {
  return { bytes: room.bytes + bytes, samples: room.samples + samples, diskBytes: room.diskBytes + bytes };
}

function roomOf(victims: readonly Victim[]): Need {
  return { bytes: victims.reduce((sum, { entry }) => sum + bytesOnDisk(entry.bytes), 0), samples: victims.length };
}
