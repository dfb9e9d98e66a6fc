import type { Clock, Logger } from '#packages/foundation';

import type { SpoolEntry } from './entry-index.ts';
import type { ChangeRecord } from './journal-record.ts';
import { Journal, journalFile, journalNumberOf, REMOVAL_BYTES } from './journal.ts';
import { readJournal } from './read-journal.ts';
import type { JournalReading } from './read-journal.ts';
import type { FolderEntry, SpoolFolder } from './spool-folder.ts';
import { SpoolState } from './spool-state.ts';
import { decodeSample, sampleFile, sampleIdOf } from './stored-sample.ts';
import type { SampleHeader } from './stored-sample.ts';

export interface Recovered {
  readonly state: SpoolState;
  readonly journal: Journal;
}

/**
 * Brings the spool's folder back into order after whatever happened: reads the journal, counts samples whose file is gone
 * or cut, deletes files of samples whose acceptance was never finished (their callers were told nothing), and begins a
 * new journal. If lines of the journal cannot be read, complete sample files that no line mentions are added again.
 */
export async function recover(folder: SpoolFolder, clock: Clock, log: Logger): Promise<Recovered> {
  const files = await folder.list();
  const found = await findJournal(folder, files);
  const state = new SpoolState(clock);
  const gaps = found.reading.records.filter((record) => !state.replay(record)).length;
  const damaged = found.reading.damaged || gaps > 0;

  const lost = lostEntries(files, state);
  if (lost.length > 0) log.warn({ samples: lost.length, some: lost.slice(0, 10) }, 'spool.samples-lost');
  const losses = damaged ? forget(lost, state) : count(lost, state);
  if (damaged)
    log.error({ journal: found.number, adopted: await adopt(folder, files, state) }, 'spool.journal-damaged');
  state.balance();

  const journal = await nextJournal(folder, state, damaged ? { ...found, reopen: false } : found, losses);
  await sweep(folder, files, state, journal);
  return { state, journal };
}

interface FoundJournal {
  /** Highest number in use; 0 for none. */
  readonly number: number;
  readonly bytes: number;
  readonly reading: JournalReading;
  /** Whether records can be added to it. */
  readonly reopen: boolean;
}

const NO_RECORDS: JournalReading = { records: [], damaged: true, end: 0, unfinished: 0 };

/** The newest journal of which anything can be read: one that was being replaced is left until the new one is durable. */
async function findJournal(folder: SpoolFolder, files: readonly FolderEntry[]): Promise<FoundJournal> {
  const numbers = files.map((file) => journalNumberOf(file.name)).filter((number) => number !== undefined);
  const number = Math.max(0, ...numbers);
  for (const candidate of numbers.sort((a, b) => b - a)) {
    const bytes = await folder.read(journalFile(candidate)).catch(() => Buffer.alloc(0));
    const reading = readJournal(bytes);
    if (reading.records.length === 0) continue;
    const isNewest = candidate === number;
    return {
      number,
      bytes: bytes.length,
      reading: { ...reading, damaged: reading.damaged || !isNewest },
      reopen: isNewest,
    };
  }
  const isFresh = numbers.length === 0 && !files.some((file) => sampleIdOf(file.name));
  return { number, bytes: 0, reading: { ...NO_RECORDS, damaged: !isFresh }, reopen: false };
}

interface Lost {
  readonly id: string;
  readonly r: 'missing' | 'corrupt';
}

function lostEntries(files: readonly FolderEntry[], state: SpoolState): readonly Lost[] {
  const sizes = new Map(files.map((file) => [file.name, file.bytes]));
  return [...state.entries.values()]
    .filter((entry) => sizes.get(sampleFile(entry.id)) !== entry.bytes)
    .map(({ id }) => ({ id, r: sizes.has(sampleFile(id)) ? 'corrupt' : 'missing' }));
}

function count(lost: readonly Lost[], state: SpoolState): readonly ChangeRecord[] {
  const records = state.recordsOf(lost.map((one) => ({ t: 'x', ...one })));
  for (const record of records) state.apply(record);
  return records;
}

/** With lines missing, an entry without a file may well have been uploaded; the books of later lines know how many were. */
function forget(lost: readonly Lost[], state: SpoolState): readonly ChangeRecord[] {
  for (const { id } of lost) state.entries.delete(id);
  return [];
}

async function adopt(folder: SpoolFolder, files: readonly FolderEntry[], state: SpoolState): Promise<number> {
  let adopted = 0;
  for (const { name, bytes } of files) {
    const id = sampleIdOf(name);
    if (id === undefined || state.entries.get(id)) continue;
    const sample = await folder.read(name).then(decodeSample, () => undefined);
    if (sample?.header.id !== id) continue;
    state.entries.set({ ...entryOf(sample.header, bytes, sample.body.length), attempted: true });
    adopted++;
  }
  return adopted;
}

/** A fresh journal heals damage and forgets history. On a full disk the old one, which has its room already, continues. */
async function nextJournal(
  folder: SpoolFolder,
  state: SpoolState,
  found: FoundJournal,
  losses: readonly ChangeRecord[],
): Promise<Journal> {
  try {
    return await Journal.create(folder, found.number + 1, state.snapshot(), state.entries.size * REMOVAL_BYTES);
  } catch (thrown) {
    if (!found.reopen) throw thrown;
    const journal = await Journal.reopen(folder, found.number, found.reading, found.bytes);
    if (losses.length > 0) await journal.append(losses, 0);
    return journal;
  }
}

async function sweep(
  folder: SpoolFolder,
  files: readonly FolderEntry[],
  state: SpoolState,
  journal: Journal,
): Promise<void> {
  const isKept = (name: string): boolean => {
    const id = sampleIdOf(name);
    return id === undefined ? name === journalFile(journal.number) : state.entries.get(id) !== undefined;
  };
  for (const { name } of files) if (!isKept(name)) await folder.remove(name);
}

export function entryOf(header: SampleHeader, bytes: number, bodyBytes: number): SpoolEntry {
  const { id, configId, bucket, priority } = header;
  return { id, configId, bucket, priority, bytes, bodyBytes, attempted: false };
}
