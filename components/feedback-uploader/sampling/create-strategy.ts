import type { DeepReadonly } from '#packages/foundation';

import { STRATEGIES } from './strategies.ts';
import type { Strategy, StrategyDefinition, StrategyPorts } from './strategy.ts';
import type { StrategySettings } from './strategy-schema.ts';

/** The strategy that the settings ask for; without settings every sample is kept. */
export function createStrategy(settings: DeepReadonly<StrategySettings> | undefined, ports: StrategyPorts): Strategy {
  if (!settings) return STRATEGIES.ALL.create({}, ports);
  // The schema has checked the parameters against the same table.
  const definition = STRATEGIES[settings['strategy-name']] as StrategyDefinition;
  return definition.create(settings, ports);
}
