import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '#packages/foundation';
import { PROVIDERS } from '#packages/model-package';
import type { Candidate } from './candidates.ts';

/** What a choice holds for; a change of any means measuring anew. */
export interface ChoiceKey {
  readonly packageHash: string;
  /** Name and version of the runtime. */
  readonly runtime: string;
  readonly cpu: string;
  /** Candidates and objective, as text. */
  readonly question: string;
}

const choiceSchema = z.strictObject({
  format: z.literal(1),
  key: z.string(),
  file: z.string(),
  provider: z.enum(PROVIDERS),
  intraOpThreads: z.int().min(0),
  reducedDecode: z.boolean(),
});

/** Remembers what was chosen, one small file per key; what cannot be read counts as forgotten. */
export class ChoiceStore {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async recall(key: ChoiceKey, candidates: readonly Candidate[]): Promise<Candidate | undefined> {
    try {
      const choice = choiceSchema.parse(JSON.parse(await readFile(this.#fileOf(key), 'utf8')));
      if (choice.key !== textOf(key)) return undefined;
      return candidates.find(
        (one) =>
          one.variant.file === choice.file &&
          one.provider === choice.provider &&
          one.intraOpThreads === choice.intraOpThreads &&
          one.reducedDecode === choice.reducedDecode,
      );
    } catch {
      return undefined;
    }
  }

  async remember(key: ChoiceKey, candidate: Candidate): Promise<void> {
    const { variant, provider, intraOpThreads, reducedDecode } = candidate;
    const choice: z.infer<typeof choiceSchema> = {
      format: 1,
      key: textOf(key),
      file: variant.file,
      provider,
      intraOpThreads,
      reducedDecode,
    };
    await mkdir(this.#dir, { recursive: true });
    await writeAtomically(this.#fileOf(key), JSON.stringify(choice), { fsync: 'none' });
  }

  async forget(key: ChoiceKey): Promise<void> {
    await rm(this.#fileOf(key), { force: true });
  }

  #fileOf(key: ChoiceKey): string {
    return path.join(this.#dir, `choice-${createHash('sha256').update(textOf(key)).digest('hex').slice(0, 32)}.json`);
  }
}

function textOf(key: ChoiceKey): string {
  return [key.packageHash, key.runtime, key.cpu, key.question].join('\n');
}
