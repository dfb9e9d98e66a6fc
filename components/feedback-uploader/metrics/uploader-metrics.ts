import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { processCounts } from '#packages/foundation';
import { EVICTION_REASONS } from '../spool/journal-record.ts';
import type { SpoolTotals } from '../spool/spool.ts';

/** The values that the gauges read at each scrape. */
export interface MetricSources {
  readonly spool: () => SpoolTotals | undefined;
  /** Bytes sent in the last hour and the last 24 hours. */
  readonly uplink: () => { readonly hour: number; readonly day: number } | undefined;
  readonly requestsRunning: () => number;
  readonly bufferedBytes: () => number;
  readonly messagesLost: () => number;
}

const SECONDS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120];

/** The uploader's Prometheus metrics. */
export class UploaderMetrics {
  readonly #registry = new Registry();
  readonly #sources: MetricSources;
  readonly #requests = new Counter({
    name: 'edgeml_feedback_requests_total',
    help: 'Requests by what became of them: accepted, dropped by the strategy or its quota, or the code of the error.',
    labelNames: ['config', 'outcome'],
    registers: [this.#registry],
  });
  readonly #attempts = new Counter({
    name: 'edgeml_feedback_upload_attempts_total',
    help: 'Attempts to upload a sample: ok, or the code of the error.',
    labelNames: ['outcome'],
    registers: [this.#registry],
  });
  readonly #seconds = new Histogram({
    name: 'edgeml_feedback_upload_seconds',
    help: 'Time of successful uploads.',
    buckets: SECONDS,
    registers: [this.#registry],
  });

  constructor(sources: MetricSources) {
    this.#sources = sources;
    this.#spoolGauges();
    this.#gauge('uplink_bytes', 'Bytes sent to the store, headers included.', ['period'], (gauge) => {
      for (const [period, bytes] of Object.entries(sources.uplink() ?? {})) gauge.set({ period }, bytes);
    });
    this.#single('requests_running', 'Requests that are being handled.', sources.requestsRunning);
    this.#single('buffered_bytes', 'Bytes of samples in memory.', sources.bufferedBytes);
    this.#count('messages_lost_total', 'Messages that could not be handed to the nucleus.', [], () => [
      [{}, sources.messagesLost()],
    ]);
    this.#single('open_descriptors', 'Files, sockets and pipes that are open.', () => processCounts()?.descriptors);
    this.#single('max_descriptors', 'Descriptors that may be open at once.', () => processCounts()?.maxDescriptors);
    this.#single('threads', 'Threads of the process.', () => processCounts()?.threads);
    this.#single('child_processes', 'Processes that it has started and that run.', () => processCounts()?.children);
  }

  request(config: string, outcome: string): void {
    this.#requests.inc({ config, outcome });
  }

  attempted(outcome: string, ms: number): void {
    this.#attempts.inc({ outcome });
    if (outcome === 'ok') this.#seconds.observe(ms / 1_000);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Totals outlive the process: they are the spool's books. */
  #spoolGauges(): void {
    const { spool } = this.#sources;
    this.#single('spool_samples', 'Samples that wait.', () => spool()?.samples);
    this.#single('spool_bytes', 'Bytes that the spool takes on the disk.', () => spool()?.bytes);
    this.#count('accepted_total', 'Samples accepted since the spool was made.', [], () => [[{}, spool()?.accepted]]);
    this.#count('uploaded_total', 'Samples uploaded since the spool was made.', [], () => [[{}, spool()?.uploaded]]);
    this.#count('evicted_total', 'Samples evicted since the spool was made.', ['reason'], () =>
      EVICTION_REASONS.map((reason) => [{ reason }, spool() && (spool()?.evicted[reason] ?? 0)]),
    );
  }

  #single(name: string, help: string, read: () => number | undefined): void {
    this.#gauge(name, help, [], (gauge) => {
      const value = read();
      if (value !== undefined) gauge.set(value);
    });
  }

  /** A counter that somebody else keeps; undefined while it is not known. */
  #count<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: () => readonly (readonly [labels: Partial<Record<Label, string>>, value: number | undefined])[],
  ): void {
    new Counter({
      name: `edgeml_feedback_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [labels, value] of read()) if (value !== undefined) this.inc(labels, value);
      },
    });
  }

  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    fill: (gauge: Gauge<Label>) => void,
  ): void {
    new Gauge({
      name: `edgeml_feedback_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        fill(this);
      },
    });
  }
}
