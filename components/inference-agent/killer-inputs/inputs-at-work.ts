import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { SHARED_MEMORY } from '#packages/frames';
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

/**
 * Inputs that threads of this process work on, in memory that outlives it: native code that dies in a thread takes the agent along, and
 * the next agent finds here what it was about. A file for each request at work holds a word that says whether it is, the head, and the
 * input, unless that is large; it is overwritten by the next one. Nothing is left after a loss of power, which no input is to blame for.
 */
export class InputsAtWork {
  /** The inputs that were at work when the agent before this one ended. */
  readonly left: readonly LeftInput[];
  readonly #folder: string;
  readonly #idle: number[] = [];
  #made = 0;

  /** @returns undefined if there is no such memory, or somebody else has taken the place */
  static open(workFolder: string, sharedMemory = SHARED_MEMORY): InputsAtWork | undefined {
    const name = createHash('sha256').update(workFolder).digest('hex').slice(0, 16);
    const folder = join(sharedMemory, `edgeml-at-work-${name}`);
    try {
      if (!lstatSync(sharedMemory).isDirectory()) return undefined;
      // Without threads that run models nothing is ever noted, and no folder stays behind.
      if (!existsSync(folder)) return new InputsAtWork(folder, []);
      requireOwn(folder);
      const left = readdirSync(folder).flatMap((file) => readLeft(join(folder, file)) ?? []);
      rmSync(folder, { recursive: true });
      return new InputsAtWork(folder, left);
    } catch {
      return undefined;
    }
  }

  private constructor(folder: string, left: readonly LeftInput[]) {
    this.#folder = folder;
    this.left = left;
  }

  /**
   * Notes an input before a thread sees it.
   * @returns what to call once the thread has answered
   */
  begin(packageHash: string, parts: InputParts, keep: boolean): () => void {
    const bytes = bytesIn(parts);
    if (bytes === 0) return () => undefined;
    const isLarge = bytes > MAX_COPIED_BYTES;
    try {
      const fd = this.#idle.pop() ?? this.#anotherFile();
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
      // Shared memory is full, or somebody else has taken the place: this one is not noted, which keeps nobody from an answer.
      return () => undefined;
    }
  }

  #anotherFile(): number {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    requireOwn(this.#folder);
    return openSync(join(this.#folder, String(++this.#made)), 'w+', 0o600);
  }
}

/** @throws Error if others could have written there */
function requireOwn(folder: string): void {
  const { mode, uid } = lstatSync(folder);
  if (uid !== process.getuid?.() || (mode & OF_OTHERS) !== 0) throw new Error(`${folder} is not this user's alone`);
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
