import type { CaptureRecord } from './capture.ts';

/** A capture that has passed all checks. */
export interface AcceptedCapture {
  readonly record: CaptureRecord;
  readonly modelVersion: string;
  /** Of the inference, milliseconds. */
  readonly time: number;
}

/** Where captures go, as a port. */
export interface Destination {
  /** Resolves when the capture is in its hands. @throws EdgeError `capture.*` */
  add(capture: AcceptedCapture): Promise<void>;
  /** Finishes what there is, within about `timeoutMs`. Nothing may be added any more. Idempotent. */
  close(timeoutMs: number): Promise<void>;
}

/** A destination's report on the captures that it holds. */
export type Report = (captureId: string, model: string, status: 'SUCCESS' | 'FAILURE') => void;
