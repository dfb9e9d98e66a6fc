import type { Provider } from '#packages/model-package';
import type { ProviderShare, ProviderShares } from '../loaded-model.ts';
import type { RunTimes, Session } from './session.ts';

/**
 * Each provider's share of a model that was opened on `provider`; undefined if its runtime does not tell or nobody measured.
 * @param times of one run
 */
export function providerShares(
  { nodesByProvider }: Pick<Session, 'nodesByProvider'>,
  provider: Provider,
  times: RunTimes | undefined,
): ProviderShares | undefined {
  if (!nodesByProvider || !times) return undefined;
  const shareOf = (name: string): [string, ProviderShare] => {
    const ms = name === 'cpu' ? times.cpuMs : name === provider ? times.wholeMs - times.cpuMs : undefined;
    // The assignment does not list what WebGPU took before it changed the layout; the profile has a compiled part as one node.
    const nodes = Math.max(nodesByProvider[name] ?? 0, times.nodes[name] ?? 0);
    return [name, ms === undefined ? { nodes } : { nodes, runMs: Math.round(100 * ms) / 100 }];
  };
  return Object.fromEntries([...new Set([...Object.keys(nodesByProvider), ...Object.keys(times.nodes)])].map(shareOf));
}
