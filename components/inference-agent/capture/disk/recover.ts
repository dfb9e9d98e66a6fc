import { readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesBelow, writeAtomically } from '#packages/foundation';
import { readEvent, referencesOf } from '../event/read-events.ts';
import type { CaptureEvent } from '../event/capture-event.ts';
import { FILE_MODE, removeEmptyFolders } from './durable-folder.ts';
import { PENDING, publish } from './pending-batch.ts';
import type { PendingCapture } from './pending-batch.ts';

export interface Recovered {
  /** Paths of the files that were finished. */
  readonly files: readonly string[];
  readonly captures: readonly PendingCapture[];
  /** Lines that were cut off while they were written: their captures had not been accepted. */
  readonly cutLines: number;
}

/** Takes note of captures before their file comes to its place, where nobody looks for them again. */
export type Remember = (captures: readonly PendingCapture[]) => Promise<void>;

/**
 * Finishes what an earlier process left in the pending folder: whole lines go to their place, a cut one and files that no
 * line refers to go away. Doing it twice does no harm.
 */
export async function recoverPending(root: string, remember: Remember): Promise<Recovered> {
  const pending = join(root, PENDING);
  const names = (await filesBelow(pending)).filter((path) => path.includes('/'));
  const kept = new Set<string>();
  const files: string[] = [];
  const captures: PendingCapture[] = [];
  let cutLines = 0;
  for (const path of names.filter((name) => name.endsWith('.jsonl'))) {
    const { events, cut } = await wholeLines(join(pending, path));
    cutLines += cut;
    if (events.length === 0) continue;
    const sideFiles = events.flatMap((event) => sideFilesOf(event));
    for (const name of sideFiles) kept.add(`${dirname(path)}/${name}`);
    kept.add(path);
    const found = events.map(({ eventMetadata: { eventId, modelName } }) => ({ captureId: eventId, model: modelName }));
    await remember(found);
    await publish(root, path, sideFiles);
    files.push(path);
    captures.push(...found);
  }
  for (const path of names) {
    if (!kept.has(path)) await rm(join(pending, path), { force: true });
    await removeEmptyFolders(root, `${PENDING}/${dirname(path)}`);
  }
  return { files, captures, cutLines };
}

/** Events of a pending file; if a line is cut, the file is rewritten without it. */
async function wholeLines(file: string): Promise<{ readonly events: readonly CaptureEvent[]; readonly cut: number }> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  // Text after the last newline was never finished, even if it can be parsed.
  const unfinished = lines.pop() ?? '';
  const read = lines.map((line) => ({ line, event: readEvent(line) }));
  const whole = read.flatMap(({ line, event }) => (event ? [{ line, event }] : []));
  const cut = lines.length - whole.length + (unfinished === '' ? 0 : 1);
  if (cut > 0 && whole.length > 0) {
    const text = whole.map(({ line }) => `${line}\n`).join('');
    await writeAtomically(file, text, { fsync: 'folder', mode: FILE_MODE });
  }
  return { events: whole.map(({ event }) => event), cut };
}

function sideFilesOf(event: CaptureEvent): readonly string[] {
  return referencesOf(event).flatMap((reference) =>
    reference.startsWith('file:') ? [basename(fileURLToPath(reference))] : [],
  );
}
