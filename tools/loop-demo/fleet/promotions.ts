import path from 'node:path';
import { approvalToken } from '../../cloud/promotion/approval.ts';
import { promote } from '../../cloud/promotion/promote.ts';
import type { PromoteOptions } from '../../cloud/promotion/promote.ts';
import { checkPlan } from '../../cloud/promotion/promotion-plan.ts';
import type { PromotionPlan } from '../../cloud/promotion/promotion-plan.ts';
import { stateStore } from '../../cloud/promotion/promotion-state.ts';
import type { PromotionState } from '../../cloud/promotion/promotion-state.ts';
import type { Clock } from '#packages/foundation';
import { CHALLENGER_COMPONENT, MODEL, MODEL_COMPONENT } from '../settings.ts';
import { HEARTBEATS } from './demo-fleet.ts';
import type { DemoFleet } from './demo-fleet.ts';

/** On devices whose line has not changed, old and new must find the same on so many pictures. */
const AGREEMENT = { minPercent: 25, minFrames: 60 };
/** Times by which this machine, which runs everything at once, may slow a model down. */
const SLOW_HERE_PERCENT = 2_000;
const EVERY_MS = 60_000;

const COMMON = {
  heartbeats: HEARTBEATS,
  canary: { group: 'canary' },
};
const GATE = { bakeMinutes: 5, waitMinutes: 180, maxP95GrowthPercent: SLOW_HERE_PERCENT, maxMemoryGrowthPercent: 100 };

/** A challenger on the canaries alone. */
export function challengerPlan(version: string): PromotionPlan {
  const models = [{ name: MODEL, version, role: 'challenger', agreement: AGREEMENT }];
  const components = { [CHALLENGER_COMPONENT]: { componentVersion: version } };
  return checkPlan({ ...COMMON, name: `challenger-${version}`, components, gate: { ...GATE, models } }, 'the plan');
}

/** The model itself, ring by ring. */
export function modelPlan(version: string): PromotionPlan {
  const components = { [MODEL_COMPONENT]: { componentVersion: version } };
  const waves = ['ring-1', 'ring-2', 'ring-3'].map((group) => ({ group }));
  const gate = { ...GATE, models: [{ name: MODEL, version }] };
  return checkPlan({ ...COMMON, name: `model-${version}`, components, waves, gate }, 'the plan');
}

/** Runs plans with `promote`, and approves what passed the canaries. */
export class Promotions {
  readonly #fleet: DemoFleet;
  readonly #options: Omit<PromoteOptions, 'plan' | 'store' | 'clients'>;
  readonly #folder: string;

  constructor(
    fleet: DemoFleet,
    folder: string,
    clock: Clock,
    signal: AbortSignal,
    onProgress: PromoteOptions['onProgress'],
  ) {
    this.#fleet = fleet;
    this.#folder = folder;
    this.#options = { clock, signal, everyMs: EVERY_MS, ...(onProgress ? { onProgress } : {}) };
  }

  async run(plan: PromotionPlan): Promise<PromotionState> {
    const { clients } = this.#fleet;
    const store = stateStore(clients, path.join(this.#folder, `${plan.name}.json`), this.#options.signal);
    const options = { ...this.#options, clients, plan, store };
    const state = await promote(options);
    if (state.status !== 'awaiting-approval') return state;
    return promote({ ...options, approve: { token: approvalToken(state), by: 'the demo' } });
  }
}
