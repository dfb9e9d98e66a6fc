import { unknownIn } from './findings.ts';
import type { DeviceReason, Preflight } from './findings.ts';

const MAX_DEVICES = 20;
const WIDTH = 22;

/** A pre-flight in words, one line for each device that does not simply fit; long lists end with how many more there are. */
export function preflightLines(found: Preflight): readonly string[] {
  const { fits, unfit, unknown, unmeasured, returning } = found;
  const unknownCount = unknownIn(found);
  const counts = [
    `${fits} can take it`,
    ...(unfit.length > 0 ? [`${unfit.length} cannot`] : []),
    ...(unknownCount > 0 ? [`${unknownCount} not known`] : []),
    ...(returning.length > 0 ? [`${returning.length} were held back and return`] : []),
  ];
  return [
    `pre-flight: ${counts.join(', ')}`,
    ...listed('not tried', unfit),
    ...listed('not known', unknown),
    ...(unmeasured.length > 0 ? [`the artifacts of ${unmeasured.join(', ')} could not be measured`] : []),
  ];
}

function listed(what: string, devices: readonly DeviceReason[]): readonly string[] {
  const more = devices.length - MAX_DEVICES;
  return [
    ...devices.slice(0, MAX_DEVICES).map(({ thing, reason }) => `${thing.padEnd(WIDTH)} ${what.padEnd(12)} ${reason}`),
    ...(more > 0 ? [`… and ${more} more (--json lists all)`] : []),
  ];
}
