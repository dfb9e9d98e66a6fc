import { wireErrorOf } from '#packages/foundation';
import type { Clock, Incidents } from '#packages/foundation';
import type { ChallengerReport, ModelStatus, RecentResults, SourcesReport, SpoolReport } from '#packages/http';
import { COMPONENT } from '../config.ts';
import type { Device } from './device.ts';
import type { EventBook } from './event-book.ts';
import type { ComponentState, LiveLine } from './live-line.ts';
import type { PeerLink } from './peer-link.ts';

type Listener = (line: LiveLine) => void;

const RESULTS_MS = 500;
const SOURCES_MS = 1_000;
const MODELS_MS = 2_000;
const SPOOL_MS = 3_000;

export interface DeviceWatchOptions {
  readonly device: Device;
  /** The console's own. */
  readonly incidents: Pick<Incidents, 'current'>;
  readonly events: EventBook;
  readonly clock: Clock;
}

/** Asks the components how things are, again and again while there is a viewer, and once for all viewers. */
export class DeviceWatch {
  readonly #options: DeviceWatchOptions;
  readonly #viewers = new Set<Listener>();
  /** Told at once to a viewer who comes later. */
  readonly #last = new Map<string, { readonly text: string; readonly line: LiveLine }>();
  #results: RecentResults['results'] = [];
  #after = 0;
  #stop: (() => void) | undefined;

  constructor(options: DeviceWatchOptions) {
    this.#options = options;
    options.events.onEvent((event) => this.#tell({ kind: 'events', events: [event] }));
  }

  /** @returns leaves */
  join(viewer: Listener): () => void {
    this.#viewers.add(viewer);
    const { events } = this.#options.events;
    if (events.length > 0) viewer({ kind: 'events', events });
    for (const { line } of this.#last.values()) viewer(line);
    if (this.#results.length > 0) viewer({ kind: 'results', results: this.#results });
    this.#stop ??= this.#start();
    return () => {
      this.#viewers.delete(viewer);
      if (this.#viewers.size === 0) this.#end();
    };
  }

  #end(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#last.clear();
    this.#results = [];
    this.#after = 0;
  }

  #start(): () => void {
    const { device, incidents } = this.#options;
    const ends = [
      this.#repeat(RESULTS_MS, () => this.#askResults()),
      this.#repeat(SOURCES_MS, async () =>
        this.#say({ kind: 'sources', report: await device.app.json<SourcesReport>('/v1/sources') }),
      ),
      this.#repeat(MODELS_MS, async () =>
        this.#say({ kind: 'models', models: await device.agent.json<readonly ModelStatus[]>('/v1/models') }),
      ),
      this.#repeat(MODELS_MS, async () => {
        const challengers = await device.agent.json<readonly ChallengerReport[]>('/v1/challengers');
        this.#say({ kind: 'challengers', challengers });
      }),
      this.#repeat(MODELS_MS, async () => {
        const { agent, app, feedback } = device;
        const others = await Promise.all([agent, app, feedback].map(stateOf));
        const own = { component: COMPONENT, incidents: incidents.current };
        this.#say({ kind: 'health', components: [...others, own] });
      }),
      this.#repeat(SPOOL_MS, async () =>
        this.#say({ kind: 'spool', spool: await device.feedback.json<SpoolReport>('/v1/spool') }),
      ),
    ];
    return () => ends.forEach((end) => end());
  }

  async #askResults(): Promise<void> {
    const { next, results } = await this.#options.device.app.json<RecentResults>(`/v1/results?after=${this.#after}`);
    // The last viewer may have left meanwhile: the next one is told all of it.
    if (results.length === 0 || !this.#stop) return;
    this.#after = next;
    this.#results = [...this.#results, ...results].slice(-200);
    this.#tell({ kind: 'results', results });
  }

  /** Health tells of a component that is away; the rest stays as it was. */
  #repeat(ms: number, ask: () => Promise<void>): () => void {
    let cancel = (): void => undefined;
    let ended = false;
    const turn = async (): Promise<void> => {
      await ask().catch(() => undefined);
      if (!ended) cancel = this.#options.clock.after(ms, () => void turn());
    };
    void turn();
    return () => {
      ended = true;
      cancel();
    };
  }

  /** To all viewers, unless it repeats the last line of its kind. */
  #say(line: LiveLine): void {
    const text = JSON.stringify(line);
    if (!this.#stop || this.#last.get(line.kind)?.text === text) return;
    this.#last.set(line.kind, { text, line });
    this.#tell(line);
  }

  #tell(line: LiveLine): void {
    for (const viewer of [...this.#viewers]) viewer(line);
  }
}

async function stateOf(peer: PeerLink): Promise<ComponentState> {
  const { component } = peer;
  try {
    const { incidents = [] } = await peer.health();
    return { component, incidents };
  } catch (thrown) {
    const { code, message, todo } = wireErrorOf(thrown);
    const incident = { code, subject: component, severity: 'error', message, todo, since: '' } as const;
    return { component, incidents: [incident] };
  }
}
