import type { Provider } from '#packages/model-package';
import type { ProviderShare, ProviderShares } from '../loaded-model.ts';
import type { RunTimes, Session } from './session.ts';

/**
 * Who runs how much of a model that was opened on `provider`; undefined if its runtime does not tell.
 * @param times of one run; undefined if nobody measured
 */
export function providerShares(
  { nodesByProvider }: Pick<Session, 'nodesByProvider'>,
  provider: Provider,
  times: RunTimes | undefined,
): ProviderShares | undefined {
  if (!nodesByProvider) return undefined;
  const shareOf = ([name, nodes]: [string, number]): [string, ProviderShare] => {
    const ms = times && (name === 'cpu' ? times.cpuMs : name === provider ? times.wholeMs - times.cpuMs : undefined);
    return [name, ms === undefined ? { nodes } : { nodes, runMs: Math.round(100 * ms) / 100 }];
  };
  return Object.fromEntries(Object.entries(nodesByProvider).map(shareOf));
}
