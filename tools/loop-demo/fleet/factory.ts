import type { ModelIdentity } from '#packages/http';
import type { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { whileWorking } from '../clock.ts';
import { Recording, replayed } from '../device/replayed.ts';
import type { DeviceEvent, RealDevice } from '../device/real-device.ts';
import { HEARTBEAT_SECONDS, MODEL, PICTURE_EVERY_MS } from '../settings.ts';
import type { SetName } from '../settings.ts';
import { shuffled } from '../world/shuffled.ts';
import type { Picture, World } from '../world/world.ts';
import type { DemoFleet, Deployed } from './demo-fleet.ts';

/** Pictures of the cameras of the changing line. */
export type Scene = Extract<SetName, 'known' | 'light' | 'part'>;

/** An alarm of one device. */
export interface Alarm {
  readonly thing: string;
  readonly line: 'steady' | 'changing';
  readonly scene: Scene;
  /** Of the model that drifts. */
  readonly version: string;
  readonly cause: string;
  readonly reason: string;
  readonly feature: string;
  /** The value, and the threshold that it is over. */
  readonly value: number;
  readonly threshold: number;
  /** Simulated time since the scene began, and pictures of the device since. */
  readonly minutes: number;
  readonly pictures: number;
}

/** A point of the timeline: how far each line is from its baseline. */
export interface DriftPoint {
  readonly minutes: number;
  readonly thing: string;
  /** From 1 on it drifts. */
  readonly ratio: number;
}

export interface FactoryOptions {
  readonly fleet: DemoFleet;
  readonly devices: readonly RealDevice[];
  readonly world: World;
  readonly clock: FakeClock;
  readonly random: () => number;
  /** The folder of a package of this version. */
  readonly packageOf: (version: string) => string;
  readonly onAlarm: (alarm: Alarm) => void;
  readonly signal: AbortSignal;
}

const MINUTE_MS = 60_000;

/** All devices and the lines before their cameras. Time goes on only in `run`. */
export class Factory {
  readonly alarms: Alarm[] = [];
  readonly points: DriftPoint[] = [];
  /** Alarms that ended. */
  readonly ended: DeviceEvent[] = [];
  /** Changes of the scene, in minutes since the beginning. */
  readonly scenes: { readonly scene: Scene; readonly minutes: number }[] = [];
  #scene: Scene = 'known';
  #steadyScene: Scene = 'known';
  #sceneAt: number;
  #picturesBefore = new Map<string, number>();
  readonly #began: number;
  readonly #options: FactoryOptions;
  readonly #recording = new Recording(MODEL);
  readonly #next: Readonly<Record<Scene, ReadonlyMap<string, () => Picture>>>;
  readonly #applied = new Map<string, { readonly wanted: string; readonly at: number }>();
  #beatAt = 0;

  constructor(options: FactoryOptions) {
    const { devices, world, clock, random } = options;
    this.#options = options;
    this.#began = this.#sceneAt = clock.now();
    const of = (scene: Scene) =>
      new Map(devices.map(({ spec }) => [spec.thing, shuffled(world.pictures(scene), random)] as const));
    this.#next = { known: of('known'), light: of('light'), part: of('part') };
    this.scenes.push({ scene: 'known', minutes: 0 });
  }

  /** Simulated minutes since the beginning. */
  get minutes(): number {
    return (this.#options.clock.now() - this.#began) / MINUTE_MS;
  }

  /** The changing lines show another scene from now on. */
  show(scene: Scene): void {
    this.#scene = scene;
    this.#sceneAt = this.#options.clock.now();
    for (const { spec, pictures } of this.#options.devices) this.#picturesBefore.set(spec.thing, pictures);
    this.scenes.push({ scene, minutes: this.minutes });
  }

  /** All lines show the same scene from now on. */
  showEverywhere(scene: Scene): void {
    this.show(scene);
    this.#steadyScene = scene;
  }

  /** Lets simulated time go by: pictures, answers, heartbeats. */
  async run(ms: number): Promise<void> {
    const { clock, devices, signal } = this.#options;
    const end = clock.now() + ms;
    await this.follow();
    while (clock.now() < end) {
      signal.throwIfAborted();
      await Promise.all(devices.map((device) => device.show(this.#pictureFor(device))));
      await clock.advance(PICTURE_EVERY_MS);
      this.#listen();
    }
  }

  /** Runs until something is so, for so long at most. @returns whether it came to be */
  async runUntil(isSo: () => boolean, mostMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const end = clock.now() + mostMs;
    while (!isSo() && clock.now() < end) await this.run(PICTURE_EVERY_MS);
    return isSo();
  }

  /** Has the real devices take up the deployments of their rings. */
  async follow(): Promise<void> {
    const { devices, fleet, packageOf, clock } = this.#options;
    for (const device of devices) {
      const wanted = fleet.deployedTo(device.spec.ring);
      const key = JSON.stringify(wanted);
      if (!wanted || this.#applied.get(device.spec.thing)?.wanted === key) continue;
      await whileWorking(clock, device.apply(foldersOf(wanted, packageOf)));
      this.#applied.set(device.spec.thing, { wanted: key, at: clock.now() });
    }
  }

  #pictureFor({ spec }: RealDevice): Picture {
    const next = this.#next[spec.line === 'steady' ? this.#steadyScene : this.#scene].get(spec.thing);
    if (!next) throw new Error(`${spec.thing} does not have a camera`);
    return next();
  }

  #listen(): void {
    const { devices, fleet, clock } = this.#options;
    for (const device of devices) {
      const { heartbeats, events } = device.takeMessages();
      const { at = 0 } = this.#applied.get(device.spec.thing) ?? {};
      // Until its deployment ends, a device tells of the version before: the account would say that it is at work.
      for (const heartbeat of heartbeats.filter(({ Timestamp }) => 1_000 * Timestamp >= at)) {
        fleet.heard(heartbeat, clock.now());
        this.#recording.add(heartbeat);
        for (const model of heartbeat.Models)
          for (const { Nearest } of model.Drift ?? [])
            if (Nearest) this.points.push({ minutes: this.minutes, thing: device.spec.thing, ratio: Nearest.Ratio });
      }
      for (const event of events) this.#take(device, event);
    }
    if (clock.now() - this.#beatAt < HEARTBEAT_SECONDS * 1_000) return;
    this.#beatAt = clock.now();
    for (const [number, { thing, ring }] of fleet.replayed.entries()) {
      const heartbeat = this.#recording.of(fleet.deployedTo(ring)?.champion ?? '', number);
      if (heartbeat) fleet.heard(replayed(heartbeat, thing, clock.now()), clock.now());
    }
  }

  #take({ spec, pictures }: RealDevice, event: DeviceEvent): void {
    if (event.event === 'model.drift-ended') this.ended.push(event);
    if (event.event !== 'model.drifting') return;
    const alarm: Alarm = {
      thing: spec.thing,
      line: spec.line,
      scene: spec.line === 'steady' ? this.#steadyScene : this.#scene,
      version: (event['model'] as Partial<ModelIdentity> | undefined)?.version ?? '',
      cause: String(event['cause']),
      reason: String(event['reason']),
      feature: String(event['feature']),
      value: Number(event['value']),
      threshold: Number(event['threshold']),
      minutes: (this.#options.clock.now() - this.#sceneAt) / MINUTE_MS,
      pictures: pictures - (this.#picturesBefore.get(spec.thing) ?? 0),
    };
    this.alarms.push(alarm);
    this.#options.onAlarm(alarm);
  }
}

function foldersOf({ champion, challenger }: Deployed, packageOf: (version: string) => string) {
  return {
    champion: packageOf(champion),
    ...(challenger === undefined ? {} : { challenger: packageOf(challenger) }),
  };
}
