import { systemClock } from '#packages/foundation';
import type { HeartbeatMessage } from '#packages/heartbeat';
import { CloudRig } from '../../../testing/cloud/cloud-rig.ts';
import type { CloudClients } from '../../cloud/clients.ts';
import { fleetDevices } from '../../cloud/fleet/fleet-devices.ts';
import { heartbeatPlace } from '../../cloud/fleet/heartbeat-store.ts';
import { readBuildFolder } from '../../cloud/publishing/build-folder.ts';
import { planComponent } from '../../cloud/publishing/publish-plan.ts';
import { publish } from '../../cloud/publishing/publish.ts';
import { CHALLENGER_COMPONENT, MODEL, MODEL_COMPONENT, REAL_DEVICES, RINGS } from '../settings.ts';
import type { RealDeviceSpec } from '../settings.ts';

export type Ring = keyof typeof RINGS;

/** Versions that a ring's deployment asks for. */
export interface Deployed {
  readonly champion: string;
  readonly challenger?: string | undefined;
}

const BUCKET = 'components';
const PREFIX = 'heartbeats';
/** Where `promote` and `fleet` read heartbeats. */
export const HEARTBEATS = `s3://heartbeats/${PREFIX}`;

/** An account on this machine: things in rings, deployments, components, and the last heartbeat of each device. */
export class DemoFleet {
  /** Devices that are no agents, by ring. */
  readonly replayed: readonly { readonly thing: string; readonly ring: Ring }[];
  readonly #rig: CloudRig;
  readonly #signal: AbortSignal;

  private constructor(rig: CloudRig, signal: AbortSignal) {
    this.#rig = rig;
    this.#signal = signal;
    const rings = Object.entries(RINGS) as readonly (readonly [Ring, number])[];
    this.replayed = rings.flatMap(([ring, devices]) => {
      const real = REAL_DEVICES.filter((device) => device.ring === ring).length;
      return Array.from({ length: devices - real }, (_, at) => ({ thing: `${ring}-${at + 1}`, ring }));
    });
    const all: readonly Pick<RealDeviceSpec, 'thing' | 'ring'>[] = REAL_DEVICES;
    for (const { thing, ring } of [...all, ...this.replayed]) rig.aws.fleet.addThing(thing, ring);
  }

  static async open(signal: AbortSignal): Promise<DemoFleet> {
    return new DemoFleet(await CloudRig.open(BUCKET), signal);
  }

  get clients(): CloudClients {
    return this.#rig.clients;
  }

  get devices(): number {
    return this.#rig.aws.fleet.things.size;
  }

  /** Requests that AWS would not have taken. */
  get violations(): readonly string[] {
    return this.#rig.aws.violations;
  }

  /** Publishes what `edgeml package` built. */
  async publish(build: string): Promise<void> {
    const built = await readBuildFolder(build);
    const plans = built.map((component) => planComponent(component, { bucket: BUCKET, prefix: '' }));
    for await (const _ of publish(this.clients, plans, { clock: systemClock, signal: this.#signal, everyMs: 10 }));
  }

  /** Changes what a ring has: versions of components, and components that go. */
  async deploy(ring: Ring, versions: Readonly<Record<string, string>>, remove: readonly string[] = []): Promise<void> {
    this.#signal.throwIfAborted();
    await this.#rig.deploy(ring, versions, { remove });
  }

  /** Components of the last deployment of a ring; undefined before the first. */
  deployedTo(ring: string): Deployed | undefined {
    const champion = this.#rig.deployedTo(ring, MODEL_COMPONENT);
    if (champion === undefined) return undefined;
    return { champion, challenger: this.#rig.deployedTo(ring, CHALLENGER_COMPONENT) };
  }

  /** Devices by the version of the model that serves, as `edgeml fleet` counts them. */
  async serving(now: number): Promise<Readonly<Record<string, number>>> {
    const options = { heartbeats: heartbeatPlace(HEARTBEATS), now, signal: this.#signal };
    const counts: Record<string, number> = {};
    for (const { connected, models } of await fleetDevices(this.clients, options)) {
      const version = models.find(({ name }) => name === MODEL)?.version;
      if (connected && version !== undefined) counts[version] = (counts[version] ?? 0) + 1;
    }
    return counts;
  }

  /** A heartbeat as the rule of the fleet's stack stores it. */
  heard(heartbeat: HeartbeatMessage, atMs: number): void {
    this.#rig.aws.memoryBucket.put(
      `${PREFIX}/${heartbeat.ThingName}/${heartbeat.Part}.json`,
      JSON.stringify(heartbeat),
      atMs,
    );
  }

  close(): Promise<void> {
    return this.#rig.close();
  }
}
