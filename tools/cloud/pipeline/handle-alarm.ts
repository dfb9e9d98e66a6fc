import * as z from 'zod';
import { prefixOf } from './handle-event.ts';
import type { PipelinePorts, RunInput } from './handle-event.ts';

/** "CloudWatch Alarm State Change" of Amazon EventBridge, as far as the pipeline goes by it. */
export const alarmSchema = z.object({
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  source: z.literal('aws.cloudwatch'),
  time: z.iso.datetime(),
  detail: z.object({
    alarmName: z.string().min(1),
    state: z.object({ value: z.string(), reason: z.string().default('') }),
  }),
});

export type AlarmEvent = z.output<typeof alarmSchema>;

export interface AlarmPorts extends Pick<PipelinePorts, 'start' | 'stop'> {
  /** Runs that have not ended, and those that brought a version to its last wave a short time before `now`. */
  watched(now: number): Promise<readonly { readonly name: string; readonly isRunning: boolean }[]>;
  inputOf(name: string): Promise<RunInput>;
  /** Whether a group of devices has the version. */
  isOut(input: RunInput): Promise<boolean>;
}

export interface AlarmOutcome {
  readonly outcome: 'withdrawn' | 'ignored';
  readonly alarm: string;
  /** Runs that were started to give groups their former version back. */
  readonly runs: readonly string[];
}

/**
 * Takes back every version of this pipeline that is on its way to the devices, or came to the last of them a short time ago. A run that
 * has not deployed anything yet continues: the alarm is not about its version.
 */
export async function handleAlarm({ time, detail }: AlarmEvent, ports: AlarmPorts): Promise<AlarmOutcome> {
  const { alarmName, state } = detail;
  if (state.value !== 'ALARM') return { outcome: 'ignored', alarm: alarmName, runs: [] };
  const at = Date.parse(time);
  const watched = await ports.watched(at);
  const runs: string[] = [];
  for (const { name, isRunning } of watched) {
    const input = await ports.inputOf(name);
    if (input.action !== 'promote' || !(await ports.isOut(input))) continue;
    const version = Number(input.modelVersion.split('.')[0]);
    const prefix = prefixOf({ arn: input.modelPackageArn, group: input.modelName, version }, 'withdraw');
    if (watched.some((other) => other.isRunning && other.name.startsWith(prefix))) continue;
    const reason = `The alarm ${alarmName} went off: ${state.reason}`.slice(0, MAX_REASON);
    if (isRunning) await ports.stop(name, reason);
    const run = `${prefix}${Math.floor(at / 1000).toString(36)}`;
    if (await ports.start(run, { ...input, action: 'withdraw', reason })) runs.push(run);
  }
  return { outcome: runs.length > 0 ? 'withdrawn' : 'ignored', alarm: alarmName, runs };
}

/** Of `cause` of StopExecution 32,768 are allowed; a mail is for reading. */
const MAX_REASON = 1000;
