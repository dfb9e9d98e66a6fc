import type { Clock, Logger } from '#packages/foundation';
import type { ObjectStore, PutReceipt, StoreFailureFacts } from '#packages/object-store';

import type { Spool } from '../spool/spool.ts';
import type { SampleHeader } from '../spool/stored-sample.ts';
import type { UplinkLimits } from './uplink-budget.ts';

export interface UploadSettings {
  /** Device that the JSON beside each sample names; undefined: none is written. */
  readonly recordsOf: string | undefined;
  /** Samples that are uploaded at once. */
  readonly parallel: number;
  readonly limits: UplinkLimits;
  /** Longest wait between attempts. */
  readonly retryCapMs: number;
  /** Bound on one attempt. */
  readonly timeoutMs: number;
  /** Where samples of each configuration go now. */
  readonly buckets: ReadonlyMap<string, string>;
}

/** The listener for the outcome of uploads. */
export interface UploadReporter {
  /** Before the first byte of a sample. */
  begun(sample: SampleHeader, bytes: number): void;
  /** Announces a stored object. Resolves when there is nothing more to try; rejects only when the signal stops it. */
  uploaded(
    sample: SampleHeader,
    at: { bucket: string; key: string },
    receipt: PutReceipt,
    signal: AbortSignal,
  ): Promise<void>;
  /** The store refuses the sample or its bucket; the sample waits on. Told once for each reason. */
  refused(sample: SampleHeader, failure: StoreFailureFacts): void;
  /** Every attempt, with `ok` or the code of its error. */
  attempted(outcome: string, bytes: number, ms: number): void;
}

export interface UploaderPorts {
  readonly spool: Spool;
  readonly store: ObjectStore;
  readonly reporter: UploadReporter;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Told of each trouble that makes samples wait, by its subject, and, without facts, of its end. The log has it already. */
  readonly onTrouble?: (subject: string, facts?: { readonly error: unknown }) => void;
  /** Told of every body that is not needed in memory any more. */
  readonly onDropped?: (bytes: number) => void;
}
