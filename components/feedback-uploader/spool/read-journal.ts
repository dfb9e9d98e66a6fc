import { readCheckedLine } from '#packages/foundation';
import type { JournalRecord } from './journal-record.ts';

export interface JournalReading {
  readonly records: readonly JournalRecord[];
  /** Whether lines in the middle cannot be read; an unfinished last line is not damage, a crash leaves it. */
  readonly damaged: boolean;
  /** Where the next record goes. */
  readonly end: number;
  /** Bytes of an unfinished line behind `end`. */
  readonly unfinished: number;
}

/** Reads the lines of a journal. Behind the last one the file is filled with zeros, room that is taken in advance. */
export function readJournal(bytes: Buffer): JournalReading {
  const records: JournalRecord[] = [];
  let damaged = false;
  let end = 0;
  let at = 0;
  while ((at = skipZeros(bytes, at)) < bytes.length) {
    // Zeros are skipped at the start (a lost page) and between lines, too.
    if (at !== end) damaged = true;
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline < 0) return lastLine(bytes, at, { records, damaged, end });
    const line = bytes.subarray(at, newline);
    const record = readCheckedLine(line) as JournalRecord | undefined;
    if (!record) damaged = true;
    records.push(...(record ? [record] : runTogether(line)));
    at = end = newline + 1;
  }
  return { records, damaged, end, unfinished: 0 };
}

const NEWLINE = 0x0a;

/** Whole up to its newline, the line was finished once, and its record told; else a crash left it, and nobody was told. */
function lastLine(bytes: Buffer, at: number, before: Omit<JournalReading, 'unfinished'>): JournalReading {
  const length = lengthWithoutZeros(bytes);
  const record = readCheckedLine(bytes.subarray(at, length - 1)) as JournalRecord | undefined;
  if (!record) return { ...before, unfinished: length - before.end };
  return { records: [...before.records, record], damaged: true, end: length, unfinished: 0 };
}

const CLOSING_BRACE = 0x7d;

/** The records of two lines between which the newline is damaged; none if the damage is another. */
function runTogether(line: Buffer): readonly JournalRecord[] {
  for (let end = line.indexOf(CLOSING_BRACE) + 1; end > 0; end = line.indexOf(CLOSING_BRACE, end) + 1) {
    const first = readCheckedLine(line.subarray(0, end));
    if (first === undefined) continue;
    const second = readCheckedLine(line.subarray(end + 1));
    return [first, ...(second === undefined ? [] : [second])] as JournalRecord[];
  }
  return [];
}

function skipZeros(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] === 0) at++;
  return at;
}

function lengthWithoutZeros(bytes: Buffer): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return length;
}
