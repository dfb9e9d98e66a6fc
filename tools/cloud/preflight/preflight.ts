import type { CloudClients } from '../clients.ts';
import type { Target } from '../deployments/target.ts';
import { membersOf } from '../fleet/fleet-devices.ts';
import { heartbeatPlace, readHeartbeats } from '../fleet/heartbeat-store.ts';
import type { PromotionPlan } from '../promotion/promotion-plan.ts';
import { componentNeeds } from './component-needs.ts';
import type { ComponentNeeds } from './component-needs.ts';
import { heldGroups } from './held-groups.ts';
import { preflightByIndex } from './index-preflight.ts';
import type { DeviceReason, Preflight } from './findings.ts';
import { judgeFitness } from './judge-fitness.ts';

/**
 * Holds the plan against the heartbeats of every device of a stage, those included that earlier promotions held back. Sends nothing but
 * questions: the recipes of the plan's components, the ends of their artifacts, one heartbeat for each device. A plan without heartbeats is held
 * against the fleet index.
 *
 * @param returning devices that an interrupted run was about to bring back
 */
export async function preflight(
  clients: CloudClients,
  plan: PromotionPlan,
  target: Pick<Target, 'name'>,
  { signal, now, returning = [] }: { signal: AbortSignal; now: number; returning?: readonly string[] },
): Promise<Preflight> {
  if (plan.heartbeats === undefined) return preflightByIndex(clients, plan, target, { signal, now, returning });
  const members = await membersOf(clients, target, signal);
  const held = [...(await heldGroups(clients, target.name, signal)).values()].flat();
  const outside = [...new Set([...held, ...returning])].filter((thing) => !members.includes(thing));
  const things = [...members, ...outside].sort();
  const needs = await componentNeeds(clients, plan.components, signal);
  const heartbeats = await readHeartbeats(clients, heartbeatPlace(plan.heartbeats), signal, things);
  const { models } = plan.gate;
  const judged = things.map((thing) =>
    judgeFitness(thing, heartbeats.get(thing), { needs, models, settings: plan.preflight, now }),
  );
  const of = (verdict: 'unfit' | 'unknown'): readonly DeviceReason[] =>
    judged.flatMap((one) => (one.verdict === verdict ? [{ thing: one.thing, reason: one.reason ?? '' }] : []));
  const fit = judged.filter(({ verdict }) => verdict === 'fits').map(({ thing }) => thing);
  return {
    fits: fit.length,
    unfit: of('unfit'),
    // Nobody brings a device back of which nothing is known.
    unknown: of('unknown').filter(({ thing }) => !outside.includes(thing)),
    unmeasured: needs.filter(isUnmeasured).map(({ component }) => component),
    returning: fit.filter((thing) => outside.includes(thing)),
  };
}

function isUnmeasured({ manifests }: ComponentNeeds): boolean {
  return manifests.some(({ size }) => size === undefined);
}
