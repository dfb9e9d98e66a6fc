import { textDigest } from '../digest.ts';
import { parsePackageEvent } from './package-event.ts';
import type { PackageEvent } from './package-event.ts';

/** What the handler needs of AWS. */
export interface PipelinePorts {
  /** The package's approval status now: events may be late, and may come twice. */
  approvalNow(arn: string): Promise<string>;
  /** Starts a run; false where one of this name was started before. */
  start(name: string, input: RunInput): Promise<boolean>;
}

/** What a run of the pipeline is given. */
export interface RunInput {
  readonly modelPackageArn: string;
  readonly modelName: string;
  readonly modelVersion: string;
}

export type EventOutcome =
  | { readonly outcome: 'started' | 'already-started'; readonly run: string; readonly input: RunInput }
  | { readonly outcome: 'ignored'; readonly reason: string };

const MAX_RUN_NAME = 80;

/**
 * Starts one run for each approved package, however often its event comes: the run's name is made of the package. The package
 * is the event's own, not the newest approved one, which may be another. Rejected and pending packages start nothing.
 *
 * @throws EdgeError `pipeline.not-an-event`
 */
export async function handlePackageEvent(event: unknown, ports: PipelinePorts): Promise<EventOutcome> {
  const change = parsePackageEvent(event);
  if (change.approval !== 'Approved') return { outcome: 'ignored', reason: `${change.arn} is ${change.approval}` };
  if (change.status !== 'Completed') return { outcome: 'ignored', reason: `${change.arn} is ${change.status}` };
  const now = await ports.approvalNow(change.arn);
  if (now !== 'Approved') return { outcome: 'ignored', reason: `${change.arn} was approved, but is ${now} by now` };
  const run = runName(change);
  const input = runInput(change);
  return { outcome: (await ports.start(run, input)) ? 'started' : 'already-started', run, input };
}

/** The registry counts versions from 1; each becomes a major version, since nothing tells how much changed. */
function runInput({ arn, group, version }: PackageEvent): RunInput {
  return { modelPackageArn: arn, modelName: group, modelVersion: `${version}.0.0` };
}

/** A readable beginning, and a hash of the whole ARN: accounts and regions may share a pipeline. */
function runName({ arn, group, version }: PackageEvent): string {
  const end = `-${version}-${textDigest(arn).hex.slice(0, 12)}`;
  return `${group.slice(0, MAX_RUN_NAME - end.length)}${end}`;
}
