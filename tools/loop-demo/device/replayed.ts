import type { HeartbeatMessage } from '#packages/heartbeat';

/** The last heartbeats that real agents have sent, by the version of the model that served. */
export class Recording {
  readonly #byVersion = new Map<string, Map<string, HeartbeatMessage>>();

  readonly #model: string;

  /** @param model by its name in the package */
  constructor(model: string) {
    this.#model = model;
  }

  add(heartbeat: HeartbeatMessage): void {
    const version = heartbeat.Models.find(({ ModelName }) => ModelName === this.#model)?.ModelVersion;
    if (version === undefined) return;
    const known = this.#byVersion.get(version) ?? new Map<string, HeartbeatMessage>();
    this.#byVersion.set(version, known.set(heartbeat.ThingName, heartbeat));
  }

  /** A heartbeat of an agent with this version, another one for each number; undefined if none has been heard. */
  of(version: string, number: number): HeartbeatMessage | undefined {
    const heard = [...(this.#byVersion.get(version)?.values() ?? [])];
    return heard[number % Math.max(1, heard.length)];
  }
}

/** A heartbeat as another device sends it at another time: every number in it is one that an agent has measured. */
export function replayed(heartbeat: HeartbeatMessage, thing: string, atMs: number): HeartbeatMessage {
  const at = Math.floor(atMs / 1_000);
  const later = at - heartbeat.Timestamp;
  const moved = (time: number | undefined): number | undefined => (time === undefined ? undefined : time + later);
  return {
    ...heartbeat,
    ThingName: thing,
    DeviceName: thing,
    HeartbeatId: `${heartbeat.HeartbeatId}-${thing}`.slice(-64),
    Timestamp: at,
    Models: heartbeat.Models.map((model) => ({
      ...model,
      LatestInference: moved(model.LatestInference),
      LatestSampleTime: moved(model.LatestSampleTime),
    })),
  };
}
