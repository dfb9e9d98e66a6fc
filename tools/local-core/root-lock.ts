import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { coreErrors } from './errors.ts';
import { writeCoreFile } from './files/json-file.ts';
import { startTime } from './lifecycle/process-table.ts';

/** A process, for good: ids are used again, start times are not. */
const holderSchema = z.object({ pid: z.number(), started: z.string().optional() });
const lockSchema = z.object({ core: holderSchema, guardian: holderSchema.optional() });

export interface RootLock {
  /** Names the guardian, for whom a later core waits. */
  setGuardian(pid: number): Promise<void>;
  release(): Promise<void>;
}

const GUARDIAN_MS = 15_000;

/**
 * Makes sure that one core at a time works on a root. The lock of a dead core is taken over once its guardian has ended
 * what was left of it.
 *
 * @throws core.root-in-use
 */
export async function lockRoot(root: string): Promise<RootLock> {
  await mkdir(root, { recursive: true });
  const file = path.join(root, 'core.lock');
  const old = await readLock(file);
  if (old && lives(old.core)) {
    throw coreErrors.error('core.root-in-use', `a local core (process ${old.core.pid}) already works on ${root}`, {
      facts: { root, pid: old.core.pid },
    });
  }
  if (old?.guardian) await untilGone(old.guardian);
  const write = (guardian?: number): Promise<void> =>
    writeCoreFile(
      file,
      JSON.stringify({
        core: holderOf(process.pid),
        ...(guardian === undefined ? {} : { guardian: holderOf(guardian) }),
      }),
    );
  await write();
  return { setGuardian: write, release: () => rm(file, { force: true }) };
}

function holderOf(pid: number): z.infer<typeof holderSchema> {
  const started = startTime(pid);
  return { pid, ...(started === undefined ? {} : { started }) };
}

async function readLock(file: string): Promise<z.infer<typeof lockSchema> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  try {
    return text === undefined ? undefined : lockSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // written by something else; the socket still guards against a second core
  }
}

function lives({ pid, started }: z.infer<typeof holderSchema>): boolean {
  const now = startTime(pid);
  return now !== undefined && (started === undefined || now === started);
}

async function untilGone(holder: z.infer<typeof holderSchema>): Promise<void> {
  const end = Date.now() + GUARDIAN_MS;
  while (lives(holder) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
}
