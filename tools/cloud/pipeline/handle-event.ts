import { textDigest } from '../digest.ts';
import { parsePackageEvent } from './package-event.ts';
import type { PackageEvent } from './package-event.ts';

/** The AWS calls that the handler needs. */
export interface PipelinePorts {
  /** The package as it is now: events may be late, and may come twice. */
  packageNow(arn: string): Promise<PackageNow>;
  /** Names of the runs that have not ended. */
  running(): Promise<readonly string[]>;
  /** Starts a run; false if one of this name was started before. */
  start(name: string, input: RunInput): Promise<boolean>;
  /** Ends a run, and the build that it waits for. One that has ended already is left alone. */
  stop(name: string, reason: string): Promise<void>;
}

interface PackageNow {
  readonly approval: string;
  /** When somebody last changed it, e.g. its approval. Milliseconds since the epoch. */
  readonly changedAt: number;
}

/** The input of a run of the pipeline. */
export interface RunInput {
  readonly action: 'promote' | 'withdraw';
  readonly modelPackageArn: string;
  readonly modelName: string;
  readonly modelVersion: string;
  /** Why a version is taken back that nobody rejected, for the mail. */
  readonly reason?: string;
}

export type EventOutcome =
  | {
      readonly outcome: 'started' | 'already-started';
      readonly run: string;
      readonly input: RunInput;
      readonly stopped?: readonly string[];
    }
  | { readonly outcome: 'ignored'; readonly reason: string };

const MAX_RUN_NAME = 80;

/**
 * Starts one run for each approval of a package, however often its event comes: the run's name is made of the package and of
 * the time of its last change, so that a package that is approved again runs again. The package is the event's own, not the newest
 * approved one, which may be another. A rejection stops what runs for the package, and starts a run that gives the groups that have
 * it their former version back. Pending packages start nothing.
 *
 * @throws EdgeError `pipeline.not-an-event`
 */
export async function handlePackageEvent(event: unknown, ports: PipelinePorts): Promise<EventOutcome> {
  const change = parsePackageEvent(event);
  const { arn, approval, status } = change;
  if (approval === 'PendingManualApproval') return { outcome: 'ignored', reason: `${arn} is ${approval}` };
  if (status !== 'Completed') return { outcome: 'ignored', reason: `${arn} is ${status}` };
  const now = await ports.packageNow(arn);
  if (now.approval !== approval)
    return { outcome: 'ignored', reason: `${arn} was ${approval}, but is ${now.approval} by now` };
  const action = approval === 'Approved' ? 'promote' : 'withdraw';
  const run = runName(change, action, now.changedAt);
  const input = runInput(change, action);
  const running = (await ports.running()).filter((name) => name.startsWith(prefixOf(change, 'promote')));
  if (action === 'promote') {
    // Another change of the package, e.g. of its description, is not a second approval.
    const [other] = running;
    if (other !== undefined && other !== run) return { outcome: 'already-started', run: other, input };
    return { outcome: (await ports.start(run, input)) ? 'started' : 'already-started', run, input };
  }
  for (const name of running) await ports.stop(name, `${arn} was rejected`);
  return { outcome: (await ports.start(run, input)) ? 'started' : 'already-started', run, input, stopped: running };
}

/** The registry counts versions from 1; each becomes a major version, since nothing tells how much changed. */
function runInput({ arn, group, version }: PackageEvent, action: RunInput['action']): RunInput {
  return { action, modelPackageArn: arn, modelName: group, modelVersion: `${version}.0.0` };
}

function runName(change: PackageEvent, action: RunInput['action'], changedAt: number): string {
  return `${prefixOf(change, action)}${Math.floor(changedAt / 1000).toString(36)}`;
}

/** A readable beginning, and a hash of the whole ARN: accounts and regions may share a pipeline. */
export function prefixOf(
  { arn, group, version }: Pick<PackageEvent, 'arn' | 'group' | 'version'>,
  action: RunInput['action'],
): string {
  const end = `-${version}-${textDigest(arn).hex.slice(0, 12)}-${action}-`;
  return `${group.slice(0, MAX_RUN_NAME - 10 - end.length)}${end}`;
}
