import type { Clock } from '#packages/foundation';

import type { CloudClients } from '../clients.ts';
import { currentDeployment, getDeployment } from '../deployments/current-deployment.ts';
import type { StoredDeployment } from '../deployments/current-deployment.ts';
import { planDeployment, sendDeployment } from '../deployments/deploy.ts';
import { deploymentStatus } from '../deployments/device-status.ts';
import type { DeviceFailure } from '../deployments/device-status.ts';
import { planRollback } from '../deployments/rollback.ts';
import { findTarget } from '../deployments/target.ts';
import type { Target } from '../deployments/target.ts';
import { membersOf } from '../fleet/fleet-devices.ts';
import { heartbeatPlace, readHeartbeats } from '../fleet/heartbeat-store.ts';
import type { HeartbeatCache, ReceivedHeartbeat } from '../fleet/heartbeat-store.ts';
import { needFleetIndex } from '../fleet/index/fleet-index.ts';
import { pollUntil } from '../poll.ts';
import { holdDevices, joinRing, leaveHeldGroups } from '../preflight/held-groups.ts';
import { unknownIn } from '../preflight/findings.ts';
import { preflight } from '../preflight/preflight.ts';
import type { Preflight } from '../preflight/findings.ts';
import { checkApproval } from './approval.ts';
import { cloudErrors } from '../errors.ts';
import { judgeStage } from './gate.ts';
import type { GateReport } from './gate.ts';
import { checkIndexGate } from './index-bounds.ts';
import { judgeByIndex } from './index-gate.ts';
import { numbersOf, Observations } from './observations.ts';
import { gateOf } from './promotion-plan.ts';
import type { PromotionPlan } from './promotion-plan.ts';
import { hasEnded, newState, resumedState } from './promotion-state.ts';
import type { PromotionState, StageState, StateStore } from './promotion-state.ts';

const LONGEST_PAUSE_MS = 60_000;

export interface PromoteOptions {
  readonly clients: CloudClients;
  readonly plan: PromotionPlan;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The run of a pipeline that this is part of. Default: none, a person continues from the state. */
  readonly run?: string;
  /** The token of the gate report; without it the promotion stops before the first wave. */
  readonly approve?: { readonly token: string; readonly by: string };
  /** First pause between two looks at a stage. Default 10,000. */
  readonly everyMs?: number;
  readonly onProgress?: (stage: string, report: GateReport) => void;
}

/**
 * Takes a promotion as far as it can go: canary, gate, then – once approved – wave after wave, each behind the same gate. Its
 * state is saved after every step. Returns the state; a stage that failed has been dealt with as the plan says.
 *
 * @throws EdgeError `promote.not-approved`, `promote.changed`, `promote.over`, `promote.other-run`, `promote.state`, `cloud.*`
 */
export async function promote(options: PromoteOptions): Promise<PromotionState> {
  const { plan, store } = options;
  if (plan.heartbeats === undefined) checkIndexGate(plan.gate);
  let state = resumedState(await store.load(), plan, store.place, options.run);
  if (hasEnded(state)) {
    if (options.approve === undefined) return state;
    throw cloudErrors.error('promote.over', `the promotion ${state.name} is ${state.status}`);
  }
  // A token is of no use before its gate has passed: say so rather than run the gate and use it.
  if (options.approve && state.status === 'running') checkApproval(state, options.approve.token);
  if (state.status === 'running') state = await runCanary(options, state);
  if (state.status === 'awaiting-approval' && options.approve) state = await approved(options, state, options.approve);
  if (state.status === 'approved') state = await runWaves(options, state);
  return state;
}

/** Gives every stage that has the new deployment its former one back, of whichever run, and however that ended. */
export async function abortPromotion(options: PromoteOptions): Promise<PromotionState> {
  const found = (await options.store.load()) ?? newState(options.plan);
  // Said first: a run that is under way stops before its next stage.
  let state = await saved(options, { ...found, status: 'aborted' });
  for (const [index, stage] of state.stages.entries())
    if (stage.deploymentId !== undefined && stage.status !== 'rolled-back')
      state = await rollBackStage(options, state, index);
  return state;
}

async function runCanary(options: PromoteOptions, before: PromotionState): Promise<PromotionState> {
  const state = await runStage(options, before, 0);
  if (state.status !== 'running') return state;
  const done = options.plan.waves.length === 0;
  return saved(options, { ...state, status: done ? 'done' : 'awaiting-approval' });
}

async function approved(
  options: PromoteOptions,
  state: PromotionState,
  { token, by }: NonNullable<PromoteOptions['approve']>,
): Promise<PromotionState> {
  checkApproval(state, token);
  const { clients, signal, plan, clock } = options;
  const target = await findTarget(clients, { kind: 'group', name: plan.canary.group }, signal);
  const current = await currentDeployment(clients, target, signal);
  if (current?.id !== state.stages[0]?.deploymentId) {
    const message = `the canary group ${target.name} has the deployment ${current?.id} now, not the one that was tested`;
    throw cloudErrors.error('promote.changed', message);
  }
  return saved(options, {
    ...state,
    status: 'approved',
    approvedBy: by,
    approvedAt: new Date(clock.now()).toISOString(),
  });
}

async function runWaves(options: PromoteOptions, before: PromotionState): Promise<PromotionState> {
  let state = before;
  for (let index = 1; index < state.stages.length; index++) {
    if (state.stages[index]?.status === 'passed') continue;
    if (await isAborted(options)) return { ...state, status: 'aborted' };
    state = await runStage(options, state, index);
    if (state.status !== 'approved') return state;
  }
  return saved(options, { ...state, status: 'done' });
}

/** Deploys to one stage and watches it until its gate has an answer. */
async function runStage(options: PromoteOptions, before: PromotionState, index: number): Promise<PromotionState> {
  let state = await deployStage(options, before, index);
  const stage = state.stages[index] as StageState;
  const report = nobodyFits(stage) ?? (await watchStage(options, stage));
  if (!report || (await isAborted(options))) return { ...state, status: 'aborted' };
  state = await saved(
    options,
    withStage(state, index, { status: report.verdict === 'passed' ? 'passed' : 'failed', report }),
  );
  if (report.verdict === 'passed') return state;
  if (options.plan.failureHandlingPolicy === 'ROLLBACK_ON_FAILURE') state = await rollBackStage(options, state, index);
  return saved(options, { ...state, status: 'failed' });
}

async function deployStage(options: PromoteOptions, known: PromotionState, index: number): Promise<PromotionState> {
  const { clients, plan, signal, clock } = options;
  const stage = known.stages[index] as StageState;
  if (stage.deploymentId !== undefined) return known;
  const target = await findTarget(clients, { kind: 'group', name: stage.group }, signal);
  const { components, deploymentPolicies, iotJobConfiguration } = plan;
  const change = { components, deploymentPolicies, ...(iotJobConfiguration ? { iotJobConfiguration } : {}) };
  const deployment = await planDeployment(clients, target, change, { signal, tags: { 'edgeml:promotion': plan.name } });
  const preflight = await preflightOf(options, stage, target);
  if (preflight && nobodyFits({ preflight })) return saved(options, withStage(known, index, { preflight }));
  // Saved first: whoever goes on after a crash here must know what the group had before, and who is about to come back to it.
  const isThere = !deployment.create && stage.earlier?.deploymentId === deployment.current?.id;
  const previous =
    stage.previousDeploymentId ?? (isThere ? stage.earlier?.previousDeploymentId : deployment.current?.id);
  const before = stage.before ?? (await numbersBefore(options, target));
  const begun = { status: 'deploying' as const, deployedAt: stage.deployedAt ?? clock.now(), before };
  let state = withStage(known, index, {
    ...begun,
    ...(preflight ? { preflight } : {}),
    ...(previous === undefined ? {} : { previousDeploymentId: previous }),
  });
  state = await saved(options, state);
  const { unfit = [], returning = [] } = preflight ?? {};
  const things = unfit.map(({ thing }) => thing);
  const areDirect = plan.heartbeats === undefined;
  await holdDevices(clients, { ring: target, current: deployment.current, things, areDirect, signal });
  await leaveHeldGroups(clients, target.name, returning, signal);
  const deploymentId = await sendDeployment(clients, deployment, signal);
  await joinRing(clients, target.name, returning, signal);
  return saved(options, withStage(state, index, { deploymentId }));
}

/** @throws EdgeError `promote.unfit-devices` if the plan wants the stage not to begin then */
async function preflightOf(
  { clients, plan, signal, clock }: PromoteOptions,
  { group, preflight: earlier }: StageState,
  target: Target,
): Promise<Preflight | undefined> {
  if (plan.preflight.unfit === 'off') return undefined;
  const { returning = [] } = earlier ?? {};
  const found = await preflight(clients, plan, target, { signal, now: clock.now(), returning });
  if (plan.preflight.unfit === 'hold' || found.unfit.length === 0) return found;
  const devices = found.unfit.map(({ thing }) => thing);
  const reasons = found.unfit.map(({ thing, reason }) => `${thing}: ${reason}`);
  throw cloudErrors.error('promote.unfit-devices', `${group} is not begun:\n${reasons.join('\n')}`, {
    facts: { group, devices },
  });
}

/** A stage in which no device can take the version has failed before it is begun. */
function nobodyFits({ preflight: found }: Pick<StageState, 'preflight'>): GateReport | undefined {
  if (!found || found.unfit.length === 0 || found.fits + unknownIn(found) > 0) return undefined;
  const findings = found.unfit.map((device) => ({ ...device, verdict: 'unhealthy' as const }));
  const reason = `none of ${findings.length} devices can take the version`;
  return { verdict: 'failed', healthy: 0, unhealthy: findings.length, waiting: 0, offline: 0, reason, findings };
}

/** The numbers of the devices now, to compare the next version with. */
async function numbersBefore(
  { clients, plan, signal }: PromoteOptions,
  target: Target,
): Promise<NonNullable<StageState['before']>> {
  // The index is asked for bounds, not for what each device said before.
  if (plan.heartbeats === undefined) return {};
  const things = await membersOf(clients, target, signal);
  const heartbeats = await readHeartbeats(clients, heartbeatPlace(plan.heartbeats), signal, things);
  return Object.fromEntries([...heartbeats].map(([thing, { heartbeat }]) => [thing, numbersOf(heartbeat)]));
}

/** Undefined if somebody aborted the promotion meanwhile. */
async function watchStage(options: PromoteOptions, stage: StageState): Promise<GateReport | undefined> {
  const { clients, plan, clock, signal, onProgress, everyMs = 10_000 } = options;
  const { deploymentId = '', deployedAt = 0 } = stage;
  const judge = await (plan.heartbeats === undefined ? indexJudge(options, stage) : heartbeatJudge(options, stage));
  let last: GateReport | undefined;
  // A run that goes on after an interruption has what is left of the time, and at least one look.
  const { waitMinutes } = gateOf(plan, stage.group);
  const timeoutMs = deployedAt + waitMinutes * 60_000 - clock.now();
  let longestMs = LONGEST_PAUSE_MS;
  const end = await pollUntil({ clock, everyMs, maxEveryMs: () => longestMs, timeoutMs, signal }, async () => {
    if (await isAborted(options)) return 'aborted';
    const look = await judge(await getDeployment(clients, deploymentId, signal));
    last = look.report;
    longestMs = Math.max(everyMs, Math.min(LONGEST_PAUSE_MS, look.nextWithinMs));
    onProgress?.(stage.group, last);
    return last.verdict === 'waiting' ? undefined : last;
  });
  if (end) return end === 'aborted' ? undefined : end;
  const late = last as GateReport;
  return { ...late, verdict: 'failed', reason: `${late.reason}, and ${waitMinutes} minutes are over` };
}

/** One look at a stage. `nextWithinMs`: the next one must not be later, or it misses numbers. */
type Judge = (deployment: StoredDeployment) => Promise<{ readonly report: GateReport; readonly nextWithinMs: number }>;

/** By the heartbeats of each device. */
async function heartbeatJudge(options: PromoteOptions, stage: StageState): Promise<Judge> {
  const { clients, plan, store, clock, signal } = options;
  const { deploymentId = '', before = {}, deployedAt = 0 } = stage;
  const settings = gateOf(plan, stage.group);
  const place = heartbeatPlace(plan.heartbeats ?? '');
  const failures = new Map<string, DeviceFailure>();
  const seen = await store.loadSeen();
  const observations = new Observations(seen?.deploymentId === deploymentId ? seen : undefined);
  const known: HeartbeatCache = new Map();
  return async (deployment) => {
    const { devices } = await deploymentStatus(clients, deployment, signal, failures);
    const things = devices.map(({ thing }) => thing);
    const heartbeats = await readHeartbeats(clients, place, signal, things, known);
    const facts = { devices, heartbeats, observations, before, settings, deployedAt, now: clock.now() };
    const report = judgeStage(facts);
    const news = observations.takeChanged(deploymentId);
    if (news) await store.saveSeen(news);
    return { report, nextWithinMs: betweenHeartbeatsMs(heartbeats.values()) };
  };
}

/** By counts of the fleet index: as many requests for a million devices as for ten. */
async function indexJudge(options: PromoteOptions, { group, deployedAt = 0 }: StageState): Promise<Judge> {
  const { clients, plan, clock, signal } = options;
  const index = await needFleetIndex(clients, signal);
  const settings = gateOf(plan, group);
  return async (deployment) => ({
    report: await judgeByIndex({ clients, index, deployment, group, settings, deployedAt, now: clock.now(), signal }),
    nextWithinMs: Infinity,
  });
}

/** Half the shortest period: the store keeps a device's last heartbeat, and each has counts of its period only. */
function betweenHeartbeatsMs(heartbeats: Iterable<ReceivedHeartbeat>): number {
  let shortest = Infinity;
  for (const { heartbeat } of heartbeats) shortest = Math.min(shortest, 500 * heartbeat.PeriodSeconds);
  return shortest;
}

async function rollBackStage(options: PromoteOptions, state: PromotionState, index: number): Promise<PromotionState> {
  const { clients, signal } = options;
  const { group, previousDeploymentId, deploymentId } = state.stages[index] as StageState;
  // A group that had nothing before, or had the same: there is nothing to return to.
  if (previousDeploymentId === undefined || previousDeploymentId === deploymentId) return state;
  const target = await findTarget(clients, { kind: 'group', name: group }, signal);
  const current = await currentDeployment(clients, target, signal);
  // Somebody else's later deployment is left alone.
  if (current?.id !== deploymentId) return state;
  await sendDeployment(clients, await planRollback(clients, target, { to: previousDeploymentId, signal }), signal);
  return saved(options, withStage(state, index, { status: 'rolled-back' }));
}

/** Another process said so (`promote --abort`), and takes every stage back: this one writes nothing over that. */
async function isAborted({ store }: PromoteOptions): Promise<boolean> {
  return (await store.load())?.status === 'aborted';
}

function withStage(state: PromotionState, index: number, change: Partial<StageState>): PromotionState {
  return { ...state, stages: state.stages.map((stage, at) => (at === index ? { ...stage, ...change } : stage)) };
}

async function saved({ store }: PromoteOptions, state: PromotionState): Promise<PromotionState> {
  await store.save(state);
  return state;
}
