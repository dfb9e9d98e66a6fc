import type { FleetIndex } from '../fleet/index/fleet-index.ts';
import { all, any, MAX_TERMS, textOf } from '../fleet/index/query.ts';
import type { Query } from '../fleet/index/query.ts';
import type { Bound } from './index-bounds.ts';

/** Names that are read to count a device once that breaks bounds of several queries. */
const MAX_NAMES = 10_000;

/** Queries for the devices of `base` that break a bound: as few as the number of terms in a query allows. A device may be found by several. */
export function brokenQueries(base: Query, bounds: readonly Bound[]): readonly Query[] {
  const queries: Query[] = [];
  let taken: Query[] = [];
  for (const { broken } of bounds) {
    const more = [...taken, broken];
    const isFull = all(base, any(...more)).terms > MAX_TERMS && taken.length > 0;
    if (isFull) queries.push(all(base, any(...taken)));
    taken = isFull ? [broken] : more;
  }
  return taken.length === 0 ? queries : [...queries, all(base, any(...taken))];
}

interface FoundDevices {
  readonly count: number;
  /** Those that find a device. */
  readonly queries: readonly Query[];
}

/**
 * How many devices several queries find, each counted once. If more than one finds any, their names are read. Beyond 10,000 of
 * them, devices that several queries find count several times: a gate then fails sooner, never later.
 */
export async function countEither(index: FleetIndex, queries: readonly Query[]): Promise<FoundDevices> {
  const found: { readonly query: Query; readonly count: number }[] = [];
  for (const query of queries) {
    const count = await index.count(textOf(query));
    if (count > 0) found.push({ query, count });
  }
  const sum = found.reduce((total, { count }) => total + count, 0);
  const finding = found.map(({ query }) => query);
  if (found.length < 2 || sum > MAX_NAMES) return { count: sum, queries: finding };
  const names = new Set<string>();
  for (const query of finding) for await (const { thing } of index.search(textOf(query))) names.add(thing);
  return { count: names.size, queries: finding };
}
