import * as z from 'zod';
import { integerSetting, section } from '#packages/foundation';
import { STRATEGIES, STRATEGY_NAMES } from './strategies.ts';
import type { StrategyName } from './strategies.ts';
import type { StrategyDefinition } from './strategy.ts';

const quota = section({
  'per-minute': integerSetting({ min: 0 }).optional().describe('Samples kept in any minute; no bound when left out.'),
  'per-hour': integerSetting({ min: 0 }).optional().describe('Samples kept in any hour; no bound when left out.'),
  'per-day': integerSetting({ min: 0 }).optional().describe('Samples kept in any 24 hours; no bound when left out.'),
}).optional();

/** `sampling-strategy` of a feedback configuration: `strategy-name`, the parameters of that strategy, and a quota. */
export const strategySchema = z.discriminatedUnion('strategy-name', branches(), {
  error: `expected a group with a strategy-name, one of ${STRATEGY_NAMES.join(', ')}`,
});

/** Parameters of the strategy stand beside these. */
export type StrategySettings = z.output<typeof strategySchema>;
export type QuotaSettings = NonNullable<z.output<typeof quota>>;

type Branch = ReturnType<typeof branch>;

function branches(): readonly [Branch, ...Branch[]] {
  return STRATEGY_NAMES.map(branch) as [Branch, ...Branch[]];
}

function branch(name: StrategyName) {
  const definition: StrategyDefinition = STRATEGIES[name];
  return z.object({
    'strategy-name': z.literal(name).describe('How samples are chosen.'),
    quota,
    ...definition.parameters,
  });
}
