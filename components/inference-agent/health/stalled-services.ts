import { isEdgeError } from '#packages/foundation';
import type { Clock, IncidentFacts } from '#packages/foundation';

export interface StalledServicesPorts {
  /** Requests of each service that wait for their turn. */
  readonly waiting: () => ReadonlyMap<string, number>;
  /** Whether a model is in service, not only on its way. */
  readonly serves: (service: string) => boolean;
  /** A service has begun to answer nobody, or answers again. */
  readonly onChange: () => void;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** So many requests in a row without an answer in time are not a coincidence. */
const MISSES = 3;
/** Requests that have waited for so long while none was answered are told of before their deadlines, which may be an hour. */
const NO_PROGRESS_MS = 60_000;
/** A service that nobody has asked for so long is forgotten. */
const FORGET_MS = 10 * 60_000;

const TODO =
  'Look at the load of the device and at the log of edgeml.InferenceAgent. If the model is too slow here, choose a smaller one or a longer TimeoutSeconds; if it hangs, deploy another version: edgeml rollback, or POST /v1/models/ALIAS/rollback on admin.sock.';

/** Services whose model runs and answers nobody: every deadline passes, every process is replaced, or requests wait without end. */
export class StalledServices {
  readonly #ports: StalledServicesPorts;
  readonly #services = new Map<string, Standing>();

  constructor(ports: StalledServicesPorts) {
    this.#ports = ports;
  }

  /** A request has had its answer. */
  answered(service: string): void {
    const standing = this.#services.get(service);
    if (!standing) return;
    this.#services.delete(service);
    if (isStalled(standing, this.#now())) this.#ports.onChange();
  }

  /** A request has had none; errors that are not about time say nothing here. */
  failed(service: string, thrown: unknown): void {
    if (!isEdgeError(thrown) || !isMiss(thrown)) return;
    const standing = this.#of(service);
    standing.misses++;
    // One reason is told, not a new one with each request.
    if (standing.misses <= MISSES) standing.reason = thrown.message;
    standing.missedAt = this.#now();
    if (standing.misses === MISSES) this.#ports.onChange();
  }

  /** The problems of now, by subject; to be asked again and again. */
  facts(): ReadonlyMap<string, IncidentFacts> {
    const now = this.#now();
    this.#lookAtQueues(now);
    for (const [service, { missedAt, waitingSince }] of this.#services)
      if (waitingSince === undefined && now - missedAt > FORGET_MS) this.#services.delete(service);
    const stalled = [...this.#services].filter(([, standing]) => isStalled(standing, now));
    return new Map(stalled.map(([service, standing]) => [`answers of ${service}`, factsOf(service, standing)]));
  }

  #lookAtQueues(now: number): void {
    const { waiting, serves } = this.#ports;
    const depths = waiting();
    for (const [service, depth] of depths) if (depth > 0 && serves(service)) this.#of(service).waitingSince ??= now;
    for (const [service, standing] of this.#services) if (!depths.get(service)) standing.waitingSince = undefined;
  }

  #of(service: string): Standing {
    const known = this.#services.get(service);
    if (known) return known;
    const standing: Standing = { misses: 0, reason: '', missedAt: this.#now(), waitingSince: undefined };
    this.#services.set(service, standing);
    return standing;
  }

  #now(): number {
    return this.#ports.clock.monotonic();
  }
}

/** Since its last answer. */
interface Standing {
  misses: number;
  /** Of the miss that was one too many. */
  reason: string;
  missedAt: number;
  /** Requests have been in its queue without a pause since then. */
  waitingSince: number | undefined;
}

/** A body that came too slowly is not the model's fault. */
function isMiss({
  code,
  facts,
}: {
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;
}): boolean {
  if (code === 'instance.worker-stuck') return true;
  return code === 'admission.deadline' && !String(facts['where']).includes('its body');
}

function isStalled({ misses, waitingSince }: Standing, now: number): boolean {
  return misses >= MISSES || (waitingSince !== undefined && now - waitingSince >= NO_PROGRESS_MS);
}

function factsOf(service: string, { misses, reason }: Standing): IncidentFacts {
  const why =
    misses >= MISSES
      ? `none of its last requests was answered in time: ${reason}`
      : `requests have waited for more than ${NO_PROGRESS_MS / 1_000} s, and none was answered meanwhile`;
  return { message: `the model of ${service} is in service and answers nobody: ${why}`, todo: TODO, severity: 'error' };
}
