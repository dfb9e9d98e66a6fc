import type { DeviceStatus } from '../deployments/device-status.ts';
import { compareNumbers } from './compare-numbers.ts';
import type { Comparison } from './compare-numbers.ts';
import { judgeDevice } from './judge-device.ts';
import type { DeviceFinding, StageFacts } from './judge-device.ts';
import { Observations } from './observations.ts';
import type { GateSettings } from './promotion-plan.ts';

export type GateInput = StageFacts & { readonly devices: readonly DeviceStatus[] };

export interface GateReport {
  readonly verdict: 'passed' | 'failed' | 'waiting';
  readonly healthy: number;
  readonly unhealthy: number;
  readonly waiting: number;
  readonly offline: number;
  readonly reason: string;
  /** Devices that are not healthy. */
  readonly findings: readonly DeviceFinding[];
  /** The numbers of all judged devices, against those of the version before. */
  readonly comparisons?: readonly Comparison[];
}

/** Devices whose reasons are told with the verdict; all are in the findings. */
const MAX_REASONS = 3;

/** Judges a stage by what its devices report, not by what the deployment service believes of them. */
export function judgeStage(input: GateInput): GateReport {
  const { settings, observations = new Observations(), before = {} } = input;
  const all = input.devices.map((device) => judgeDevice(device, { ...input, observations, before }));
  const count = (verdict: DeviceFinding['verdict']): number => all.filter((one) => one.verdict === verdict).length;
  const [healthy, unhealthy, waiting, offline] = [
    count('healthy'),
    count('unhealthy'),
    count('waiting'),
    count('offline'),
  ];
  const findings = all.filter((one) => one.verdict !== 'healthy');
  const judged = all.filter(({ verdict }) => verdict !== 'offline').map(({ thing }) => thing);
  const comparisons = compareNumbers(settings, judged, observations, before);
  const pending = input.devices.filter(({ status }) => status === 'PENDING').length;
  return stageVerdict({ healthy, unhealthy, waiting, offline, pending, findings, comparisons }, settings);
}

/** A stage as numbers. */
export interface StageCounts extends Pick<
  GateReport,
  'healthy' | 'unhealthy' | 'waiting' | 'offline' | 'findings' | 'comparisons'
> {
  /** Devices that the rollout has not come to; they are counted in the others, too. */
  readonly pending: number;
}

/** The answer of the gate, and why. */
export function stageVerdict({ pending, ...counts }: StageCounts, settings: GateSettings): GateReport {
  const { healthy, unhealthy, waiting, offline, findings } = counts;
  const reachable = healthy + unhealthy + waiting;
  const total = reachable + offline;
  const needed = Math.max(settings.minDevices, Math.ceil((settings.quorumPercent / 100) * reachable));
  // Counting on: could the devices that are still waiting make up for those that are not healthy?
  if (unhealthy > 0 && healthy + waiting < needed) {
    const why = findings.flatMap(({ thing, verdict, reason = '' }) =>
      verdict === 'unhealthy' ? [`${thing}: ${reason}`] : [],
    );
    const most = `${unhealthy} of ${reachable} devices are not healthy; ${settings.quorumPercent} % must be`;
    const reason = `${most}. ${why.slice(0, MAX_REASONS).join('; ')}`;
    return { verdict: 'failed', reason, ...counts };
  }
  const said = { verdict: 'waiting' as const, ...counts };
  // Under a rollout rate the first devices are healthy long before the last ones are told.
  if (pending > 0) return { ...said, reason: `the rollout has not reached ${pending} of ${total} devices` };
  if (healthy < needed)
    return { ...said, reason: `${healthy} of ${needed} devices that are needed are healthy so far` };
  if (100 * reachable < settings.minReachablePercent * total) {
    const bound = `${settings.minReachablePercent} % must be (gate.minReachablePercent)`;
    return { ...said, reason: `only ${reachable} of ${total} devices can be reached; ${bound}` };
  }
  return { ...said, verdict: 'passed', reason: `${healthy} of ${reachable} devices are healthy` };
}
