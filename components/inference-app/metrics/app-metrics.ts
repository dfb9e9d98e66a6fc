import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { SourceState } from '../statistics/source-statistics.ts';
import type { Statistics } from '../statistics/statistics.ts';
import { processCounts } from '#packages/foundation';
import type { ProcessCounts } from '#packages/foundation';
import { residentOfFamily } from './process-facts.ts';

const SECONDS = [0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 10];

/** One sample of a metric. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** The application's Prometheus metrics, read from its statistics when they are asked for. */
export class AppMetrics {
  readonly #registry = new Registry();
  readonly #statistics: Pick<Statistics, 'counts' | 'sources'>;
  readonly #seconds = new Histogram({
    name: 'edgeml_app_result_seconds',
    help: 'From the moment at which a frame had come to that at which its result was handed over for publishing.',
    labelNames: ['source'],
    buckets: SECONDS,
    registers: [this.#registry],
  });

  constructor(statistics: Pick<Statistics, 'counts' | 'sources'>) {
    this.#statistics = statistics;
    this.#count('frames', 'Images that came, once for each service that looks at them.', [], ({ frames }) => [
      [{}, frames],
    ]);
    this.#count('answered', 'Those with predictions.', [], ({ answered }) => [[{}, answered]]);
    this.#count(
      'messages_shortened',
      'Result messages that lost masks or predictions to their limit.',
      [],
      (counts) => [[{}, counts.shortened]],
    );
    this.#count('skipped', 'Those without.', ['reason'], ({ skipped }) =>
      Object.entries(skipped).map(([reason, value]) => [{ reason }, value]),
    );
    this.#sourceGauge('up', 'Whether frames of a stream come.', [], ({ isUp }) => [[{}, Number(isUp)]]);
    this.#sourceCount('frames', 'Frames of a stream that came.', [], ({ frames }) => [[{}, frames]]);
    this.#sourceCount('restarts', 'How often a stream was opened again.', [], ({ restarts }) => [[{}, restarts]]);
    this.#sourceCount('resizes', 'How often it was opened again for pictures of another size.', [], ({ resizes }) => [
      [{}, resizes],
    ]);
    this.#sourceCount('skipped', 'Its images without predictions.', ['reason'], ({ skipped }) =>
      Object.entries(skipped).map(([reason, value]) => [{ reason }, value]),
    );
    this.#sourceGauge('frame_memory_bytes', 'Memory that its frames lie in.', ['where'], ({ frameMemory }) =>
      frameMemory ? [[{ where: frameMemory.where }, frameMemory.bytes]] : [],
    );
    this.#sourceGauge('clip_memory_bytes', "Memory of a camera's last packets.", [], ({ clips }) =>
      clips ? [[{}, clips.bytes]] : [],
    );
    this.#sourceCount('clips', 'Clips that were written, and those that could not be.', ['outcome'], ({ clips }) =>
      clips ? (['kept', 'lost'] as const).map((outcome) => [{ outcome }, clips[outcome]]) : [],
    );
    this.#commandMemory();
    this.#sourceGauge(
      'decoder',
      'The decoder of a stream: software, none for JPEG that is passed on, or the hardware.',
      ['codec', 'decoder'],
      ({ decoding }) => (decoding ? [[{ codec: decoding.codec, decoder: decoding.decoder }, 1]] : []),
    );
    this.#sourceGauge('moves', 'Whether the motion gate sees motion.', [], ({ motion }) =>
      motion ? [[{}, Number(motion.isMoving)]] : [],
    );
    this.#sourceCount('gate_frames', 'Frames at the motion gate.', ['verdict'], ({ motion }) =>
      motion ? (['moved', 'due', 'unchanged'] as const).map((verdict) => [{ verdict }, motion[verdict]]) : [],
    );
    new Gauge({
      name: 'edgeml_app_resident_memory_bytes',
      help: 'Memory of the application, without the commands that it has started.',
      registers: [this.#registry],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
  }

  /** Not part of the state of sources: it needs a look at the process table, and differs each time. */
  #commandMemory(): void {
    const { sources } = this.#statistics;
    new Gauge({
      name: 'edgeml_app_source_command_memory_bytes',
      help: 'Memory of the ffmpeg or pipeline that plays a stream; nothing while none runs.',
      labelNames: ['source'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [source, { commandPid }] of sources) {
          if (commandPid !== undefined) this.set({ source }, residentOfFamily(commandPid));
        }
      },
    });
    this.#processCount('open_descriptors', 'descriptors', 'Files, sockets and pipes that the application has open.');
    this.#processCount('max_descriptors', 'maxDescriptors', 'Descriptors that it may have open at once.');
    this.#processCount('threads', 'threads', 'Threads of the application.');
    this.#processCount(
      'child_processes',
      'children',
      'Processes that the application has started: players of streams.',
    );
  }

  #processCount(name: string, key: keyof ProcessCounts, help: string): void {
    new Gauge({
      name: `edgeml_app_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        const counts = processCounts();
        if (counts) this.set(counts[key]);
      },
    });
  }

  /** A result was handed over for publishing. */
  published(source: string, ms: number): void {
    this.#seconds.observe({ source }, ms / 1_000);
  }

  /** A source has ended. */
  forget(source: string): void {
    this.#seconds.remove({ source });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #count(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (counts: Statistics['counts']) => readonly Sample[],
  ): void {
    const samples = (): readonly Sample[] => read(this.#statistics.counts);
    new Counter({
      name: `edgeml_app_${name}_total`,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [labels, value] of samples()) this.inc(labels, value);
      },
    });
  }

  #sourceCount(...[name, help, labels, read]: SourceMetric): void {
    this.#count(`source_${name}`, help, ['source', ...labels], () => this.#ofSources(read));
  }

  #sourceGauge(...[name, help, labels, read]: SourceMetric): void {
    const samples = (): readonly Sample[] => this.#ofSources(read);
    new Gauge({
      name: `edgeml_app_source_${name}`,
      help,
      labelNames: ['source', ...labels],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [of, value] of samples()) this.set(of, value);
      },
    });
  }

  #ofSources(read: SourceMetric[3]): readonly Sample[] {
    return [...this.#statistics.sources].flatMap(([source, { state }]) =>
      read(state).map(([labels, value]): Sample => [{ ...labels, source }, value]),
    );
  }
}

type SourceMetric = [
  name: string,
  help: string,
  labels: readonly string[],
  read: (state: SourceState) => readonly Sample[],
];
