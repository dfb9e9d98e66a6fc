import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, writeSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { SHARED_MEMORY } from '#packages/frames';
import { makeOwnedFolder, removeOrphans } from '#packages/posix';
import type { OwnedFolder } from '#packages/posix';
import { bytesIn, hashOf } from './input.ts';
import type { HashedInput, InputParts } from './input.ts';

/** Of what is larger the hash alone is noted, as a copy would take memory that small devices do not have. */
export const MAX_COPIED_BYTES = 2 * 1024 ** 2;
const OF_OTHERS = 0o077;

const headSchema = z.object({
  packageHash: z.string(),
  keep: z.boolean(),
  bytes: z.int().positive(),
  /** Of an input that does not follow. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

/** An input that was at work when the agent before this one ended. */
export interface LeftInput {
  readonly packageHash: string;
  /** Whether its bytes may be kept for the developer. */
  readonly keep: boolean;
  readonly input: InputParts | HashedInput;
}

export interface InputsAtWorkOptions {
  /** Of the agent: others have inputs of their own. */
  readonly workFolder: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Default: /dev/shm. */
  readonly sharedMemory?: string;
}

/**
 * Inputs that threads of this process work on, in memory that outlives it: native code that dies in a thread takes the agent along, and
 * the next agent finds here what it was about. A file for each request at work holds a word that says whether it is, the head, and the
 * input, unless that is large; it is overwritten by the next one. Nothing is left after a loss of power, which no input is to blame for,
 * nor of an agent that has ended in order. Two agents that hand over to each other have a folder each.
 */
export class InputsAtWork {
  /** The inputs that were at work when the agent before this one ended. */
  readonly left: readonly LeftInput[];
  readonly #parent: string;
  readonly #prefix: string;
  readonly #idle: number[] = [];
  #folder: OwnedFolder | undefined;
  #made = 0;
  #isClosed = false;

  /** @returns undefined if there is no such memory */
  static open({ workFolder, now, sharedMemory = SHARED_MEMORY }: InputsAtWorkOptions): InputsAtWork | undefined {
    const name = createHash('sha256').update(workFolder).digest('hex').slice(0, 16);
    const prefix = `edgeml-at-work-${name}-`;
    const left: LeftInput[] = [];
    try {
      // The agent that this one succeeds may still answer: what it is at is not left.
      removeOrphans(sharedMemory, prefix, now, (folder) => left.push(...leftIn(folder)));
      return new InputsAtWork(sharedMemory, prefix, left);
    } catch {
      return undefined;
    }
  }

  private constructor(parent: string, prefix: string, left: readonly LeftInput[]) {
    this.#parent = parent;
    this.#prefix = prefix;
    this.left = left;
  }

  /**
   * Notes an input before a thread sees it.
   * @returns what to call once the thread has answered
   */
  begin(packageHash: string, parts: InputParts, keep: boolean): () => void {
    const bytes = bytesIn(parts);
    if (bytes === 0 || this.#isClosed) return () => undefined;
    const isLarge = bytes > MAX_COPIED_BYTES;
    let taken: number | undefined;
    try {
      const fd = (taken = this.#idle.pop() ?? this.#anotherFile());
      const head = Buffer.from(
        JSON.stringify({ packageHash, keep, bytes, ...(isLarge ? { sha256: hashOf(parts) } : {}) }),
      );
      writevSync(fd, [wordOf(head.length), head, ...(isLarge ? [] : parts)], WORD_BYTES);
      writeSync(fd, AT_WORK, 0, WORD_BYTES, 0);
      return () => {
        writeSync(fd, IDLE, 0, WORD_BYTES, 0);
        this.#idle.push(fd);
      };
    } catch {
      // Shared memory is full: this one is not noted, which keeps nobody from an answer.
      if (taken !== undefined) this.#idle.push(taken);
      return () => undefined;
    }
  }

  /** Removes its folder, unless a thread is still at work: the next agent is to know on what. Nothing is noted any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#idle.length < this.#made) return;
    for (const fd of this.#idle) closeSync(fd);
    this.#folder?.remove();
  }

  #anotherFile(): number {
    // Without threads that run models nothing is ever noted, and no folder is made.
    this.#folder ??= makeOwnedFolder(this.#parent, this.#prefix);
    const fd = openSync(join(this.#folder.path, String(this.#made + 1)), 'w+', 0o600);
    this.#made++;
    return fd;
  }
}

/** What was at work in the folder of an agent that has died; nothing if others could have written there. */
function leftIn(folder: string): readonly LeftInput[] {
  if ((lstatSync(folder).mode & OF_OTHERS) !== 0) return [];
  const files = readdirSync(folder).filter((name) => /^\d+$/.test(name));
  return files.flatMap((name) => readLeft(join(folder, name)) ?? []);
}

const WORD_BYTES = 4;
const IDLE = wordOf(0);
const AT_WORK = wordOf(1);

function wordOf(value: number): Buffer {
  const word = Buffer.alloc(WORD_BYTES);
  word.writeUInt32LE(value);
  return word;
}

/** Undefined if nothing was at work there. */
function readLeft(file: string): LeftInput | undefined {
  const content = readFileSync(file);
  if (content.length < 2 * WORD_BYTES || !content.subarray(0, WORD_BYTES).equals(AT_WORK)) return undefined;
  const from = 2 * WORD_BYTES + content.readUInt32LE(WORD_BYTES);
  try {
    const { bytes, sha256, ...head } = headSchema.parse(JSON.parse(content.toString('utf8', 2 * WORD_BYTES, from)));
    if (sha256 !== undefined) return { ...head, input: { bytes, sha256 } };
    const input = content.subarray(from, from + bytes);
    return input.length === bytes ? { ...head, input: [input] } : undefined;
  } catch {
    return undefined;
  }
}
