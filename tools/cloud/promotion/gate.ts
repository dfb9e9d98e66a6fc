import type { DeviceStatus } from '../deployments/device-status.ts';
import { compareNumbers } from './compare-numbers.ts';
import type { Comparison } from './compare-numbers.ts';
import { judgeDevice } from './judge-device.ts';
import type { DeviceFinding, StageFacts } from './judge-device.ts';
import { Observations } from './observations.ts';

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
  const reachable = healthy + unhealthy + waiting;
  const needed = Math.max(settings.minDevices, Math.ceil((settings.quorumPercent / 100) * reachable));
  const findings = all.filter((one) => one.verdict !== 'healthy');
  const judged = all.filter(({ verdict }) => verdict !== 'offline').map(({ thing }) => thing);
  const comparisons = compareNumbers(settings, judged, observations, before);
  const counts = { healthy, unhealthy, waiting, offline, findings, comparisons };
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
  const pending = input.devices.filter(({ status }) => status === 'PENDING').length;
  if (pending > 0) return { ...said, reason: `the rollout has not reached ${pending} of ${all.length} devices` };
  if (healthy < needed)
    return { ...said, reason: `${healthy} of ${needed} devices that are needed are healthy so far` };
  if (100 * reachable < settings.minReachablePercent * all.length) {
    const bound = `${settings.minReachablePercent} % must be (gate.minReachablePercent)`;
    return { ...said, reason: `only ${reachable} of ${all.length} devices can be reached; ${bound}` };
  }
  return { ...said, verdict: 'passed', reason: `${healthy} of ${reachable} devices are healthy` };
}
