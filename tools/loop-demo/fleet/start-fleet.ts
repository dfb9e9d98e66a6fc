import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { MemoryObjectStore } from '../../../testing/object-store/memory-object-store.ts';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { deviceClock, whileWorking } from '../clock.ts';
import { BUCKET } from '../device/device-settings.ts';
import { bundledWorker } from '../device/instances.ts';
import { RealDevice } from '../device/real-device.ts';
import type { DemoRun } from '../run.ts';
import { CHAMPION, MODEL_COMPONENT, REAL_DEVICES, RINGS } from '../settings.ts';
import { DemoFleet } from './demo-fleet.ts';
import type { Ring } from './demo-fleet.ts';
import { Factory } from './factory.ts';
import type { Alarm } from './factory.ts';

export interface StartedFleet {
  readonly fleet: DemoFleet;
  readonly devices: readonly RealDevice[];
  readonly factory: Factory;
  readonly clock: FakeClock;
  /** Where the devices' samples go. */
  readonly store: MemoryObjectStore;
  close(): Promise<void>;
}

/** Starts the account and its devices, with the first model deployed to all rings. */
export async function startFleet({ seed, world, packages, signal, say }: DemoRun): Promise<StartedFleet> {
  const [clock, store, random] = [deviceClock(), new MemoryObjectStore(BUCKET), seededRandom(seed)];
  const fleet = await DemoFleet.open(signal);
  const work = await mkdtemp(path.join(tmpdir(), 'edgeml-loop-'));
  const devices: RealDevice[] = [];
  const close = async (): Promise<void> => {
    await whileWorking(clock, Promise.all(devices.map((device) => device.close())));
    await fleet.close();
    await rm(work, { recursive: true, force: true });
  };
  try {
    await fleet.publish(packages.buildOf(CHAMPION));
    for (const ring of Object.keys(RINGS) as readonly Ring[]) await fleet.deploy(ring, { [MODEL_COMPONENT]: CHAMPION });
    const worker = await bundledWorker(path.join(work, 'bundles'));
    for (const spec of REAL_DEVICES)
      devices.push(await RealDevice.start({ spec, folder: path.join(work, spec.thing), worker, store, clock, random }));
    const packageOf = (version: string): string => packages.folderOf(version);
    const onAlarm = (alarm: Alarm): void => say(`  ${alarmWords(alarm)}`);
    const factory = new Factory({ fleet, devices, world, clock, random, packageOf, onAlarm, signal });
    await factory.follow();
    return { fleet, devices, factory, clock, store, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function alarmWords({ thing, cause, reason, feature, value, threshold, minutes, pictures }: Alarm): string {
  const by = `${feature} ${value}, threshold ${threshold}`;
  return `${thing}: ${cause}, ${reason} (${by}) after ${minutes.toFixed(0)} minutes, ${pictures} pictures`;
}
