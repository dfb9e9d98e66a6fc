import { isDeepStrictEqual } from 'node:util';
import type { Incidents, Logger } from '#packages/foundation';
import type { AppConfiguration, SourceConfiguration } from '../config.ts';
import { everyActive } from '../inference/active-choice.ts';
import type { Intake } from '../scheduler/intake.ts';
import type { IntakeOptions } from '../scheduler/work-intake.ts';
import type { ImageSource } from './image-source.ts';
import { shownUrl } from './shown-url.ts';
import { sourceSubject } from './subjects.ts';

export interface SourceSetOptions {
  readonly create: (name: string, configuration: SourceConfiguration) => ImageSource;
  readonly openIntake: (options: IntakeOptions) => Intake;
  readonly modelWaitSeconds: () => number;
  /** Told when a source has ended. */
  readonly onStopped: (name: string) => void;
  readonly incidents: Incidents;
  readonly log: Logger;
}

export interface RunningSource {
  readonly name: string;
  readonly configuration: SourceConfiguration;
  readonly state: 'running' | 'done' | 'failed';
}

interface Running {
  readonly configuration: SourceConfiguration;
  readonly source: ImageSource;
  readonly intake: Intake;
  /** Resolves when the source has ended and all its images are answered. */
  readonly done: Promise<void>;
  state: RunningSource['state'];
}

/** The sources of the configuration, kept in step with it: what did not change runs on. */
export class SourceSet {
  readonly #options: SourceSetOptions;
  readonly #running = new Map<string, Running>();
  /** Of sources that were closed. */
  readonly #telling = new Set<Promise<void>>();
  #onEnd: () => void = () => undefined;

  constructor(options: SourceSetOptions) {
    this.#options = options;
  }

  /** Calls back each time that every source has ended; never while there is none. */
  onAllEnded(listener: () => void): void {
    this.#onEnd = listener;
  }

  get hasFailed(): boolean {
    return [...this.#running.values()].some(({ state }) => state === 'failed');
  }

  /** Those that run or have ended, in the order of their start. */
  get all(): readonly RunningSource[] {
    return [...this.#running].map(([name, { configuration, state }]) => ({ name, configuration, state }));
  }

  /**
   * Starts, stops and restarts what the configuration has changed.
   * @param begin sources that begin again even if theirs has not
   */
  async apply(sources: AppConfiguration['Sources'], begin: ReadonlySet<string> = new Set()): Promise<void> {
    const wanted = new Map(Object.entries(sources).filter(([, { Enabled }]) => Enabled));
    const unwanted = [...this.#running].filter(
      ([name, { configuration }]) => begin.has(name) || !isDeepStrictEqual(configuration, wanted.get(name)),
    );
    await Promise.all(unwanted.map(([name]) => this.#stop(name)));
    for (const [name, configuration] of wanted) {
      if (!this.#running.has(name)) this.#start(name, configuration);
    }
    if (this.#running.size === 0)
      this.#options.log.warn({ message: 'no source is configured and enabled; see Sources' }, 'app.no-sources');
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.#stop(name)));
  }

  /** Resolves when the sources that were closed know how each of their images ended: when its results have left. */
  async told(): Promise<void> {
    await Promise.all(this.#telling);
  }

  #start(name: string, configuration: SourceConfiguration): void {
    const { create, openIntake, incidents, log } = this.#options;
    const intake = openIntake(this.#intakeOptions(name, configuration));
    const source = create(name, configuration);
    const { Type: type, Mode: mode, Services: services } = configuration;
    log.info({ source: name, type, mode, ...whatOf(configuration), services }, 'source.started');
    const run = async (): Promise<void> => {
      try {
        await source.run(intake);
        await intake.idle();
        running.state = 'done';
      } catch (thrown) {
        running.state = 'failed';
        incidents.opened(sourceSubject(name), 'source.failed', { source: name, error: thrown, severity: 'error' });
      }
      this.#tellWhenAllEnded();
    };
    const running: Running = { configuration, source, intake, state: 'running', done: Promise.resolve().then(run) };
    this.#running.set(name, running);
  }

  async #stop(name: string): Promise<void> {
    const running = this.#running.get(name);
    if (!running) return;
    this.#running.delete(name);
    await running.source.stop();
    await running.intake.close();
    await running.done;
    const telling = running.intake.told().finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
    this.#options.onStopped(name);
    this.#options.log.info({ source: name }, 'source.stopped');
  }

  #tellWhenAllEnded(): void {
    const all = [...this.#running.values()];
    if (all.length > 0 && all.every(({ state }) => state !== 'running')) this.#onEnd();
  }

  #intakeOptions(source: string, { Type, Mode, Services, Backlog, MaxAgeSeconds }: SourceConfiguration): IntakeOptions {
    const services = Services.length === 0 ? [everyActive()] : [...new Set(Services)];
    const unlessZero = (seconds: number): number => (seconds === 0 ? Infinity : seconds * 1000);
    if (Mode === 'once') {
      const waitMs = (): number => unlessZero(this.#options.modelWaitSeconds());
      return { source, services, capacity: Infinity, maxAgeMs: Infinity, waitMs };
    }
    const maxAgeMs = unlessZero(MaxAgeSeconds);
    // A camera's newest frame is worth more than the ones before.
    const capacity = Type === 'folder' ? Backlog : 1;
    return { source, services, capacity, maxAgeMs, waitMs: () => maxAgeMs };
  }
}

/** The input, for the log. */
function whatOf({
  Type: type,
  Path: path,
  Url: url,
  Pipeline: {
    Command: [command],
  },
}: SourceConfiguration): object {
  if (type === 'folder') return { path };
  return type === 'pipeline' ? { command } : { url: shownUrl(url) };
}
