import type { SavedUsage } from '../usage/usage-history.ts';
import type { SpoolEntry } from './entry-index.ts';

/** Why samples leave the spool without having been uploaded. */
export const EVICTION_REASONS = [
  /** A newer or more important sample needed the room. */
  'space',
  /** The disk came near its watermark. */
  'disk-low',
  /** Its file is damaged. */
  'corrupt',
  /** Its file is gone. */
  'missing',
  /** The store will never take it. */
  'refused',
  /** It left while the journal was damaged: how, can no longer be read. */
  'unknown',
] as const;
export type EvictionReason = (typeof EVICTION_REASONS)[number];

export type EvictionCounts = Readonly<Record<EvictionReason, number>>;

/** Accepted, uploaded, evicted: the books after a change. */
export type Books = readonly [accepted: number, uploaded: number, evicted: number];

/** One change of the spool. Short names: every sample writes three of these. */
export type Change =
  /** Accepted. */
  | { readonly t: 'a'; readonly at: number; readonly e: SpoolEntry }
  /** An attempt is begun that may send `b` bytes. */
  | { readonly t: 'y'; readonly at: number; readonly id: string; readonly b: number }
  /** Goes to another bucket than it was accepted for. */
  | { readonly t: 'm'; readonly id: string; readonly bucket: string }
  /** Uploaded. */
  | { readonly t: 'u'; readonly id: string }
  /** Evicted. */
  | { readonly t: 'x'; readonly id: string; readonly r: EvictionReason };

/** A change as written: numbered, with the books after it, so that a lost line loses no count. */
export type ChangeRecord = Change & { readonly s: number; readonly n: Books };

/** A journal begins with the state that it continues from: `S`, one `e` per entry, `E`. */
export type SnapshotRecord =
  ({ readonly t: 'S' } & WholeState) | { readonly t: 'e'; readonly e: SpoolEntry } | ({ readonly t: 'E' } & WholeState);

/** All but the entries. */
export interface WholeState {
  readonly s: number;
  readonly at: number;
  readonly n: Books;
  readonly x: EvictionCounts;
  readonly u: Readonly<Record<string, SavedUsage>>;
}

export type JournalRecord = ChangeRecord | SnapshotRecord;
