import type { AgentConfiguration } from '../config.ts';
import { ownSettings, servicesOf } from '../settings/service-settings.ts';

/** How much a challenger may take. */
export interface ChallengerSettings {
  /** Percent of the frames that it sees. */
  readonly sharePercent: number;
  /** CPU time, in percent of one core. */
  readonly cpuPercent: number;
}

/** Settings of an alias's challenger. If several services share the alias, the first one's settings count. */
export function challengerSettings(configuration: AgentConfiguration, alias: string): ChallengerSettings {
  const own = ownSettings(configuration, servicesOf(configuration, alias)[0] ?? alias);
  return {
    sharePercent: own?.ChallengerShare ?? configuration.ChallengerShare,
    cpuPercent: own?.ChallengerCpuShare ?? configuration.ChallengerCpuShare,
  };
}
