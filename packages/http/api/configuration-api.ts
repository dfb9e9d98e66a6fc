import type { ConfigurationReport, WireError } from '#packages/foundation';

/** Body of a request that changes settings. */
export interface ConfigurationChange {
  /** Settings by name, nested as in the configuration; null takes a value away, so that its default holds. */
  readonly merge: Readonly<Record<string, unknown>>;
}

/** The settings of one component, or why it does not tell them. */
export interface ConfigurationAnswer {
  readonly component: string;
  /** Whether the page may change them, with the token. */
  readonly mayChange: boolean;
  readonly report?: ConfigurationReport;
  readonly error?: WireError;
}
