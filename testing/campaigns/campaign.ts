/** The options of a campaign, from the command line or a test. */
export interface CampaignOptions {
  /** The same numbers lead to the same models, pictures and moments. */
  readonly seed: number;
  /** Models, or kills. */
  readonly times: number;
  /** Where the bundles of the agent are or are made. Default: a folder of the tests' run. */
  readonly bundleFolder?: string;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string) => void;
}

export interface CampaignResult {
  /** Printed as JSON. */
  readonly report: object;
  /** Outcomes that must never happen. */
  readonly faults: readonly string[];
  /** Times that were too long for the goal; they depend on the machine and on what else it does. */
  readonly tooSlow: readonly string[];
}

/** Sentences for what does not hold. */
export function unless(...checks: readonly (readonly [holds: boolean, sentence: string])[]): readonly string[] {
  return checks.flatMap(([holds, sentence]) => (holds ? [] : [sentence]));
}
