import { fleetPage } from '../fleet-page.ts';
import type { FleetIndex } from './fleet-index.ts';
import { fleetDeviceOf } from './index-devices.ts';
import type { IndexReport } from './index-report.ts';
import { all, any, is, OFFLINE, STATE_FIELD, textOf } from './query.ts';
import type { Query } from './query.ts';

/** Nobody reads further down a page. */
const SHOWN = 200;

/** The report of the index as a page with the devices that somebody should look at: those that fail first, then those that are offline. */
export async function indexPage(
  index: FleetIndex,
  members: Query,
  { report, states }: IndexReport,
  now: number,
): Promise<string> {
  const bad = any(is(STATE_FIELD, 'FAILING'), is(STATE_FIELD, 'DRIFTING'), is(STATE_FIELD, 'REFUSED'));
  const unwell = await index.first(textOf(all(members, bad)), SHOWN);
  const gone = await index.first(textOf(all(members, OFFLINE)), SHOWN - unwell.length);
  const known = new Set(unwell.map(({ thing }) => thing));
  const shown = [...unwell, ...gone.filter(({ thing }) => !known.has(thing))].map(fleetDeviceOf);
  const unhealthy = states.reduce((sum, { value, count }) => (value === 'OK' ? sum : sum + count), 0);
  const note = `The devices that fail, drift, refuse a model or are offline; ${SHOWN} at most.`;
  return fleetPage(report, shown, now, { unhealthy, note });
}
