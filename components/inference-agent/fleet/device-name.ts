/** Name of a thing if no nucleus gave one. */
const NO_THING = 'local';

export interface DeviceNames {
  /** The name in captured data and heartbeats. */
  readonly name: string;
  /** The difference, if there is one. */
  readonly mismatch?: { readonly deviceName: string; readonly thing: string };
}

/** Name of the device, and whether it is that of its thing, by which policies and the rest of the fleet know it. */
export function deviceNames(configured: string, thing: string): DeviceNames {
  if (configured === '') return { name: thing };
  if (configured === thing || thing === NO_THING) return { name: configured };
  return { name: configured, mismatch: { deviceName: configured, thing } };
}
