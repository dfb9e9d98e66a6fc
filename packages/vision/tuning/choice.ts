import { createHash } from 'node:crypto';
import type { Provider } from '#packages/model-package';
import type { Candidate } from './candidates.ts';

/** The conditions of a choice; a change of any of them means measuring again. */
export interface ChoiceKey {
  readonly packageHash: string;
  /** Name and version of the runtime. */
  readonly runtime: string;
  readonly cpu: string;
  /** Accelerators and their drivers; empty if no candidate runs on one, so that a new kernel does not measure a CPU anew. */
  readonly hardware: string;
  /** Candidates and objective, as text. */
  readonly question: string;
}

/** The best candidate, in a form that can be saved. */
export interface Choice {
  /** SHA-256 of its `ChoiceKey`, hexadecimal. */
  readonly key: string;
  readonly file: string;
  readonly provider: Provider;
  readonly intraOpThreads: number;
  readonly reducedDecode: boolean;
}

export function choiceOf(key: ChoiceKey, { variant, provider, intraOpThreads, reducedDecode }: Candidate): Choice {
  return { key: hashOf(key), file: variant.file, provider, intraOpThreads, reducedDecode };
}

/** The candidate that was chosen before, if the choice answers the same question. */
export function chosenBefore(
  known: Choice | undefined,
  key: ChoiceKey,
  candidates: readonly Candidate[],
): Candidate | undefined {
  if (known?.key !== hashOf(key)) return undefined;
  return candidates.find(
    (one) =>
      one.variant.file === known.file &&
      one.provider === known.provider &&
      one.intraOpThreads === known.intraOpThreads &&
      one.reducedDecode === known.reducedDecode,
  );
}

function hashOf({ packageHash, runtime, cpu, hardware, question }: ChoiceKey): string {
  return createHash('sha256').update([packageHash, runtime, cpu, hardware, question].join('\n')).digest('hex');
}
