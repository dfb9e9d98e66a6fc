import type { DeepReadonly } from '#packages/foundation';

import type { Period, UsageHistory } from '../usage/usage-history.ts';
import type { QuotaSettings } from './strategy-schema.ts';

const PERIOD_OF = { 'per-minute': 'minute', 'per-hour': 'hour', 'per-day': 'day' } as const satisfies Record<
  keyof QuotaSettings,
  Period
>;

/**
 * The bound that one more sample would break, in words; undefined while there is room in all of them.
 *
 * @param pending samples that are about to be kept
 */
export function exceededQuota(
  settings: DeepReadonly<QuotaSettings> | undefined,
  kept: UsageHistory,
  pending = 0,
): string | undefined {
  for (const [name, period] of Object.entries(PERIOD_OF) as [keyof QuotaSettings, Period][]) {
    const bound = settings?.[name];
    if (bound !== undefined && kept[period].sum() + pending >= bound)
      return `quota of ${bound} samples ${name.replace('-', ' ')}`;
  }
  return undefined;
}
