import { messageOf, readTextIfAny, Serial, wireErrorOf, writeAtomically } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { DriftWatch } from '#packages/drift';
import type { Baseline, DriftChange, WatchSettings } from '#packages/drift';
import type { ModelIdentity, ServiceDrift } from '#packages/http';
import type { Inference } from '#packages/vision';
import type { Announce } from '../events/agent-event.ts';
import type { ServingModel } from '../registry/serving-model.ts';
import { driftWords, statusOf } from './drift-words.ts';

export interface DriftPorts {
  /** The folder of everything that a restart must not lose. */
  readonly file: string;
  /** Undefined while drift is not to be looked for. */
  readonly settings: () => WatchSettings | undefined;
  /** The model that answers a service now. */
  readonly serving: (service: string) => ServingModel | undefined;
  readonly announce: Announce;
  readonly clock: Clock;
  readonly log: Logger;
}

type Served = Pick<ServingModel, 'identity' | 'spec'>;

interface Entry {
  readonly model: ModelIdentity;
  readonly labels: readonly string[];
  readonly baseline: Baseline;
  readonly watch: DriftWatch;
}

/** Read from the file, and not taken up before its model serves again. */
interface Saved {
  readonly hash: string;
  readonly watch: unknown;
}

/** A loss of power takes so much of what was seen at most. */
const SAVE_MS = 5 * 60_000;

/** Whether what services see and say is still what their models were made for: a watch for each that has a baseline. */
export class DriftBook {
  readonly #ports: DriftPorts;
  readonly #entries = new Map<string, Entry>();
  #saved = new Map<string, Saved>();
  #savedAt = -Infinity;
  #isUnsaved = false;
  #isHandedOver = false;
  readonly #writing = new Serial();

  constructor(ports: DriftPorts) {
    this.#ports = ports;
  }

  /** Reads what was remembered; a file that cannot be read is as none. */
  async open(): Promise<void> {
    const { file, log } = this.#ports;
    try {
      const text = await readTextIfAny(file);
      if (text !== undefined) this.#saved = new Map(Object.entries(JSON.parse(text) as Record<string, Saved>));
    } catch (thrown) {
      log.warn({ file, reason: messageOf(thrown) }, 'drift.not-remembered');
    }
  }

  /** Counts a picture that was answered. */
  observe(service: string, target: Served, { predictions, picture }: Inference): void {
    const entry = this.#entryOf(service, target);
    if (!entry) return;
    this.#tell(
      service,
      entry,
      entry.watch.observe(this.#ports.clock.now(), () => ({ predictions, picture })),
    );
    this.#isUnsaved = true;
  }

  /** Ends what is over, and writes down what was seen from time to time. */
  async look(): Promise<void> {
    const { clock, serving } = this.#ports;
    // Models come back after a restart, and their services may not be asked soon.
    for (const service of this.#saved.keys()) {
      const target = serving(service);
      if (target) this.#entryOf(service, target);
    }
    for (const [service, entry] of this.#entries) {
      this.#tell(service, entry, entry.watch.look(clock.now()));
      if (serving(service)?.identity.hash !== entry.model.hash) this.#end(service, entry);
    }
    if (this.#isUnsaved && clock.monotonic() - this.#savedAt >= SAVE_MS) await this.save();
  }

  /** The settings have changed. */
  follow(): void {
    const settings = this.#ports.settings();
    for (const [service, entry] of this.#entries) {
      if (!settings) this.#end(service, entry);
      else {
        const watch = DriftWatch.from(entry.watch.toJSON(), entry.baseline.sketch, settings);
        this.#entries.set(service, { ...entry, watch });
      }
    }
  }

  /** Services of a model, or of all. */
  statuses(alias?: string): readonly ServiceDrift[] {
    return [...this.#entries]
      .filter(([, { model }]) => alias === undefined || model.alias === alias)
      .map(([service, { watch, baseline, labels }]) => statusOf(service, watch, baseline, labels));
  }

  /** Saves the sketches. A write that the disk refuses is tried again later. */
  save(): Promise<void> {
    return this.#writing.run(() => this.#save());
  }

  /** Writes down what was seen for the agent that comes next, whose file it is from now on: later calls of `save` write nothing. */
  handOver(): Promise<void> {
    return this.#writing.run(async () => {
      if (!this.#isHandedOver) await this.#save();
      this.#isHandedOver = true;
    });
  }

  async #save(): Promise<void> {
    if (this.#isHandedOver) return;
    const { file, clock, log } = this.#ports;
    this.#savedAt = clock.monotonic();
    this.#isUnsaved = false;
    const entries = [...this.#entries].map(([service, { model, watch }]) => [
      service,
      { hash: model.hash, watch: watch.toJSON() } satisfies Saved,
    ]);
    const all = { ...Object.fromEntries(this.#saved), ...(Object.fromEntries(entries) as Record<string, Saved>) };
    // The mean of a few vectors of faces may tell who was there.
    await writeAtomically(file, JSON.stringify(all), { mode: 0o600 }).catch((thrown: unknown) => {
      this.#isUnsaved = true;
      log.warn({ error: wireErrorOf(thrown) }, 'drift.not-kept');
    });
  }

  #entryOf(service: string, { identity, spec }: Served): Entry | undefined {
    const known = this.#entries.get(service);
    if (known?.model.hash === identity.hash) return known;
    if (known) this.#end(service, known);
    const settings = this.#ports.settings();
    const { baseline, labels } = spec;
    if (!baseline || !settings) return undefined;
    const watch = this.#takeUp(service, identity.hash, baseline, settings);
    const entry = { model: identity, labels, baseline, watch };
    this.#entries.set(service, entry);
    return entry;
  }

  #takeUp(service: string, hash: string, baseline: Baseline, settings: WatchSettings): DriftWatch {
    const { clock, log } = this.#ports;
    const saved = this.#saved.get(service);
    this.#saved.delete(service);
    try {
      if (saved?.hash === hash) return DriftWatch.from(saved.watch, baseline.sketch, settings);
    } catch (thrown) {
      log.warn({ service, reason: messageOf(thrown) }, 'drift.not-remembered');
    }
    return new DriftWatch(baseline.sketch, settings, clock.now());
  }

  /** Another model answers, or none: what was said of this one is over. */
  #end(service: string, entry: Entry): void {
    this.#entries.delete(service);
    this.#isUnsaved = true;
    const ended = [...entry.watch.drifts].map(([cause, { reason, sinceMs }]): DriftChange => ({
      kind: 'ended',
      cause,
      reason,
      sinceMs,
    }));
    this.#tell(service, entry, ended);
  }

  #tell(service: string, { model, watch, labels }: Entry, changes: readonly DriftChange[]): void {
    const { announce, clock } = this.#ports;
    for (const change of changes) {
      if (change.kind === 'began') {
        const { images } = watch;
        announce('model.drifting', { model, service, images, ...driftWords(change.cause, change.drift, labels) });
      } else {
        const { cause, reason, sinceMs } = change;
        const seconds = Math.round((clock.now() - sinceMs) / 1_000);
        announce('model.drift-ended', { model, service, cause, reason, seconds });
      }
    }
    if (changes.length > 0) this.#savedAt = -Infinity;
  }
}
