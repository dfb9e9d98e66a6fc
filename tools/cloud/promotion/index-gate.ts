import type { DeviceState } from '#packages/heartbeat';
import type { CloudClients } from '../clients.ts';
import type { StoredDeployment } from '../deployments/current-deployment.ts';
import { firstFailures, jobCounts } from '../deployments/job-counts.ts';
import type { FleetIndex } from '../fleet/index/fleet-index.ts';
import { all, CONNECTED, inGroup, textOf } from '../fleet/index/query.ts';
import type { Query } from '../fleet/index/query.ts';
import { stageVerdict } from './gate.ts';
import type { GateReport } from './gate.ts';
import { gateQueries } from './index-bounds.ts';
import { brokenQueries, countEither } from './index-counts.ts';
import { sampleNumbers } from './index-numbers.ts';
import type { DeviceFinding } from './judge-device.ts';
import type { GateSettings } from './promotion-plan.ts';

export interface IndexStage {
  readonly clients: CloudClients;
  readonly index: FleetIndex;
  readonly deployment: StoredDeployment;
  /** A thing group; the index knows the things that are in it, not those of groups below it. */
  readonly group: string;
  readonly settings: GateSettings;
  /** Milliseconds since the epoch, like `now`. */
  readonly deployedAt: number;
  readonly now: number;
  readonly signal: AbortSignal;
}

/** Devices that a report names; all are counted. */
const NAMED = 20;

/**
 * Judges a stage by counts of the fleet index and of the job of its deployment: as many requests for a million devices as for ten, and a few
 * pages and requests more if some are not healthy.
 */
export async function judgeByIndex(stage: IndexStage): Promise<GateReport> {
  const { clients, index, deployment, group, settings, deployedAt, now, signal } = stage;
  const members = inGroup(group);
  const online = all(members, CONNECTED);
  const { took, met, unmet, judged, early, late, reasonOf } = gateQueries(online, settings, deployedAt, now);
  // One after another: the quota is 15 requests a second, and other people ask, too.
  const count = (query: Query): Promise<number> => index.count(textOf(query));
  const job = await jobCounts(clients, deployment, signal);
  const total = await count(members);
  const reachable = await count(online);
  const lacking = unmet ? await count(unmet) : 0;
  const broken = await countEither(index, [...brokenQueries(met, early), ...brokenQueries(judged, late)]);
  const done = await count(judged);
  const brokenDone =
    broken.count === 0 ? 0 : (await countEither(index, brokenQueries(judged, [...early, ...late]))).count;
  const healthy = Math.max(0, done - brokenDone);
  const unhealthy = job.failed + lacking + broken.count;
  const waiting = Math.max(0, reachable - healthy - unhealthy);
  const pending = job.isOver ? 0 : Math.max(0, total - job.told);
  const failing = [...(unmet && lacking > 0 ? [unmet] : []), ...broken.queries];
  const findings = await findingsOf(stage, failing, job.failed, reasonOf);
  const offline = Math.max(0, total - reachable);
  const verdict = stageVerdict({ healthy, unhealthy, waiting, offline, pending, findings }, settings);
  if (verdict.verdict !== 'passed') return verdict;
  return { ...verdict, comparisons: await sampleNumbers(index, took, settings) };
}

async function findingsOf(
  { clients, deployment, signal, index }: IndexStage,
  failing: readonly Query[],
  failed: number,
  reasonOf: (state: DeviceState) => string,
): Promise<readonly DeviceFinding[]> {
  const found = new Map<string, string>();
  const failures = failed > 0 ? await firstFailures(clients, deployment, NAMED, signal) : [];
  for (const { thing, status, failure } of failures)
    found.set(thing, `deployment ${status}: ${failure?.component ?? ''} ${failure?.reason ?? ''}`);
  for (const query of failing)
    for (const { thing, state } of await index.first(textOf(query), NAMED - found.size))
      if (state) found.set(thing, reasonOf(state));
  return [...found].map(([thing, reason]) => ({ thing, verdict: 'unhealthy', reason }));
}
