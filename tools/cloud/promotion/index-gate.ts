import type { CloudClients } from '../clients.ts';
import type { StoredDeployment } from '../deployments/current-deployment.ts';
import { firstFailures, jobCounts } from '../deployments/job-counts.ts';
import type { FleetIndex } from '../fleet/index/fleet-index.ts';
import { all, CONNECTED, inGroup, textOf } from '../fleet/index/query.ts';
import type { Query } from '../fleet/index/query.ts';
import { stageVerdict } from './gate.ts';
import type { GateReport } from './gate.ts';
import { gateQueries } from './index-bounds.ts';
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
 * Judges a stage by counts of the fleet index and of the job of its deployment: eight requests for any number of devices, and two pages and a few
 * requests more if some are not healthy.
 */
export async function judgeByIndex(stage: IndexStage): Promise<GateReport> {
  const { clients, index, deployment, group, settings, deployedAt, now, signal } = stage;
  const { took, judged, broken, brokenOnceJudged, reasonOf } = gateQueries(settings, deployedAt, now);
  const members = inGroup(group);
  const online = all(members, CONNECTED);
  const count = (...terms: readonly Query[]): Promise<number> => index.count(textOf(all(...terms)));
  const enough = all(online, judged);
  const [total, reachable, done, brokenDone, brokenNow, failing, job] = await Promise.all([
    count(members),
    count(online),
    count(enough),
    count(enough, broken),
    count(online, took, broken),
    brokenOnceJudged ? count(enough, brokenOnceJudged) : 0,
    jobCounts(clients, deployment, signal),
  ]);
  // One device may break bounds of both kinds: the sum is at most too high, and a device less counts as healthy.
  const unhealthy = Math.min(reachable, brokenNow + failing + job.failed);
  const healthy = Math.max(0, done - brokenDone - failing);
  const waiting = Math.max(0, reachable - healthy - unhealthy);
  const pending = job.isOver ? 0 : Math.max(0, total - job.told);
  const findings = unhealthy === 0 ? [] : await findingsOf();
  const offline = total - reachable;
  return stageVerdict({ healthy, unhealthy, waiting, offline, pending, findings, comparisons: [] }, settings);

  async function findingsOf(): Promise<readonly DeviceFinding[]> {
    const failed = job.failed > 0 ? await firstFailures(clients, deployment, NAMED, signal) : [];
    const now = brokenNow > 0 ? await index.first(textOf(all(online, took, broken)), NAMED) : [];
    const later =
      failing > 0 && brokenOnceJudged ? await index.first(textOf(all(enough, brokenOnceJudged)), NAMED) : [];
    const found = new Map<string, string>();
    for (const { thing, failure } of failed)
      found.set(thing, `deployment FAILED: ${failure?.component ?? ''} ${failure?.reason ?? ''}`);
    for (const { thing, state } of [...now, ...later]) if (state) found.set(thing, reasonOf(state));
    return [...found].slice(0, NAMED).map(([thing, reason]) => ({ thing, verdict: 'unhealthy', reason }));
  }
}
