import { runsOn } from '#packages/model-package';
import type { ModelManifest, Provider, Variant } from '#packages/model-package';

/** One way to run a model. */
export interface Candidate {
  readonly variant: Variant;
  readonly provider: Provider;
  /** Threads of one operator. */
  readonly intraOpThreads: number;
  /** Decode JPEGs smaller where the model's input is much smaller: faster, and slightly other pixels. */
  readonly reducedDecode: boolean;
}

export interface CandidateLimits {
  /** Ladder: the order is the order of preference among equals. */
  readonly providers: readonly Provider[];
  /** Thread counts to try on the CPU; accelerators and WebAssembly run with one. */
  readonly intraOpThreads: readonly number[];
  /** Also try `reducedDecode` where the golden test can judge it. */
  readonly reducedDecode: boolean;
}

/** All ways that model.json and the device allow, in order of preference: provider first, then variant. */
export function candidatesOf(manifest: ModelManifest, limits: CandidateLimits): readonly Candidate[] {
  const reduced = limits.reducedDecode && manifest.golden.length > 0 ? [false, true] : [false];
  return limits.providers.flatMap((provider) =>
    manifest.variants
      .filter((variant) => runsOn(variant, provider))
      .flatMap((variant) =>
        (provider === 'cpu' ? limits.intraOpThreads : [1]).flatMap((intraOpThreads) =>
          reduced.map((reducedDecode): Candidate => ({ variant, provider, intraOpThreads, reducedDecode })),
        ),
      ),
  );
}

export function describeCandidate(candidate: Candidate): string {
  const { variant, provider, intraOpThreads, reducedDecode } = candidate;
  const threads = `${intraOpThreads} ${intraOpThreads === 1 ? 'thread' : 'threads'}`;
  return `${variant.file} on ${provider} with ${threads}${reducedDecode ? ', reduced decoding' : ''}`;
}
