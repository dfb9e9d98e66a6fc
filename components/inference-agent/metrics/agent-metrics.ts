import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { PROCESS_METRICS, processCounts, wireErrorOf } from '#packages/foundation';
import type { ChallengerReport, ModelStatus, ServiceDrift } from '#packages/http';
import type { Prediction } from '#packages/model-package';
import type { ObservedRun } from '../invoke/observed-run.ts';

/** The values that the gauges read at each scrape. */
export interface MetricSources {
  readonly models: () => readonly ModelStatus[];
  readonly drifts: () => readonly ServiceDrift[];
  readonly challengers: () => readonly ChallengerReport[];
  readonly depths: () => ReadonlyMap<string, { readonly waiting: number; readonly running: number }>;
  readonly bufferedBytes: () => number;
  /** Of all rings. */
  readonly frameBytes: () => number;
  /** Names that may become labels; services are named by clients, and any other name counts as `other`. */
  readonly isKnown: (service: string) => boolean;
}

const STAGES = ['queueMs', 'decodeMs', 'preprocessMs', 'runMs', 'postprocessMs'] as const;
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/**
 * The agent's Prometheus metrics. Counters are pushed here, by parts that are made before there is anything to read; gauges are read
 * from their sources when they are scraped.
 */
export class AgentMetrics {
  readonly #registry = new Registry();
  #isKnown: MetricSources['isKnown'] = () => false;
  readonly #answered = this.#counter('requests_answered_total', 'Requests answered with predictions.', ['service']);
  readonly #predictions = this.#counter('predictions_total', 'Predictions in answers, by what they hold.', [
    'service',
    'kind',
  ]);
  readonly #failed = this.#counter('requests_failed_total', 'Requests that were run and failed.', ['service', 'code']);
  readonly #rejected = this.#counter('requests_rejected_total', 'Requests that were not run.', ['service', 'reason']);
  readonly #guarded = this.#counter('connections_guarded_total', 'Connections ended and requests refused for others.', [
    'socket',
    'reason',
  ]);
  readonly #events = this.#counter('events_total', 'Events announced, by name.', ['event']);
  readonly #eventsLost = this.#counter('events_lost_total', 'Events that could not be published.', ['channel']);
  readonly #swapsLost = this.#counter('swap_requests_lost_total', 'Requests lost by swaps.', ['alias']);
  readonly #feedback = this.#counter('feedback_samples_total', 'Inferences offered as feedback.', [
    'service',
    'outcome',
  ]);
  readonly #challenged = this.#counter('challenger_frames_total', 'Pictures of the share of a challenger.', [
    'alias',
    'outcome',
  ]);
  readonly #swapGap = new Gauge({
    name: 'edgeml_swap_gap_seconds',
    help: 'How long no instance took requests during the last swap.',
    labelNames: ['alias'],
    registers: [this.#registry],
  });
  readonly #stages = new Histogram({
    name: 'edgeml_stage_seconds',
    help: 'Time of answered requests by stage.',
    labelNames: ['service', 'stage'],
    buckets: SECONDS,
    registers: [this.#registry],
  });

  /** Adds the gauges and the names of services; until then every service counts as `other`. To be called once, before the first request. */
  readFrom(sources: MetricSources): void {
    this.#isKnown = sources.isKnown;
    this.#gauges(sources);
  }

  answered(service: string, { timings, predictions = [] }: ObservedRun): void {
    const label = this.#label(service);
    this.#answered.inc({ service: label });
    // All predictions of an answer are of one kind.
    const [first] = predictions;
    if (first) this.#predictions.inc({ service: label, kind: kindOf(first) }, predictions.length);
    for (const stage of STAGES) {
      this.#stages.observe({ service: label, stage: stage.slice(0, -2) }, (timings[stage] ?? 0) / 1000);
    }
  }

  failed(service: string, thrown: unknown): void {
    const { code } = wireErrorOf(thrown);
    // Admission counts its refusals, by reason.
    if (!code.startsWith('admission.')) this.#failed.inc({ service: this.#label(service), code });
  }

  rejected(service: string, reason: string): void {
    this.#rejected.inc({ service: this.#label(service), reason });
  }

  /** A connection that was ended, or a request that was refused, to keep a socket open for others. */
  guarded(socket: string, reason: string): void {
    this.#guarded.inc({ socket, reason });
  }

  event(event: string): void {
    this.#events.inc({ event });
  }

  eventLost(channel: 'local' | 'mqtt'): void {
    this.#eventsLost.inc({ channel });
  }

  /** One inference that was offered to the feedback uploader, and what became of it. */
  feedback(service: string, outcome: string): void {
    this.#feedback.inc({ service: this.#label(service), outcome });
  }

  /** Counts a picture of the share of a challenger by its outcome. */
  challenged(alias: string, outcome: string): void {
    this.#challenged.inc({ alias, outcome });
  }

  swapped(alias: string, gapMs: number, requestsLost: number): void {
    this.#swapGap.set({ alias }, gapMs / 1000);
    this.#swapsLost.inc({ alias }, requestsLost);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #label(service: string): string {
    return this.#isKnown(service) ? service : 'other';
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name: `edgeml_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauges({ models, drifts, challengers, depths, bufferedBytes, frameBytes }: MetricSources): void {
    const gauge = <Label extends string>(
      name: string,
      help: string,
      labelNames: Label[],
      fill: (gauge: Gauge<Label>) => void,
    ) =>
      new Gauge({
        name,
        help,
        labelNames,
        registers: [this.#registry],
        collect() {
          this.reset();
          fill(this);
        },
      });
    gauge(
      'edgeml_model_info',
      'Models that serve; the value is 1.',
      ['alias', 'version', 'provider', 'variant', 'state'],
      (info) => {
        for (const { alias, version, provider, variant, state } of models())
          info.set({ alias, version, provider, variant, state }, 1);
      },
    );
    gauge(
      'edgeml_model_nodes',
      'Nodes of the graph of a model on an accelerator, by the execution provider that runs them.',
      ['alias', 'version', 'provider'],
      (nodes) => {
        for (const { alias, version, shares = {} } of models())
          for (const [provider, share] of Object.entries(shares)) nodes.set({ alias, version, provider }, share.nodes);
      },
    );
    gauge(
      'edgeml_model_provider_seconds',
      'One warm run of a model on an accelerator when it was loaded, by the execution provider that took the time.',
      ['alias', 'version', 'provider'],
      (seconds) => {
        for (const { alias, version, shares = {} } of models())
          for (const [provider, { runMs }] of Object.entries(shares))
            if (runMs !== undefined) seconds.set({ alias, version, provider }, runMs / 1_000);
      },
    );
    gauge('edgeml_drifting', 'Whether a service drifts, by cause.', ['service', 'cause'], (drifting) => {
      for (const { service, drifts: now } of drifts())
        for (const cause of ['camera', 'world'])
          drifting.set({ service, cause }, now.some((drift) => drift.cause === cause) ? 1 : 0);
    });
    gauge(
      'edgeml_drift_ratio',
      'Distance of a feature from the baseline over its threshold; from 1 on it drifts.',
      ['service', 'feature', 'measure'],
      (ratio) => {
        for (const { service, findings } of drifts())
          for (const { feature, measure, value, threshold } of findings)
            ratio.set({ service, feature, measure }, value / threshold);
      },
    );
    gauge('edgeml_drift_window_images', 'Pictures in the window of a service.', ['service'], (images) => {
      for (const status of drifts()) images.set({ service: status.service }, status.images);
    });
    gauge('edgeml_model_workers', 'Threads of a model.', ['alias'], (workers) => {
      for (const model of models()) workers.set({ alias: model.alias }, model.workers);
    });
    gauge(
      'edgeml_challenger_info',
      'Models that run beside those that serve; the value is 1.',
      ['alias', 'version', 'state'],
      (info) => {
        for (const { alias, challenger, state } of challengers())
          info.set({ alias, version: challenger.version, state }, 1);
      },
    );
    gauge(
      'edgeml_challenger_findings',
      'Findings of a challenger and the model that serves.',
      ['alias', 'match'],
      (all) => {
        for (const { alias, comparison } of challengers())
          for (const [match, count] of Object.entries(comparison.findings)) all.set({ alias, match }, count);
      },
    );
    gauge(
      'edgeml_challenger_latency_seconds',
      'Latency of the pictures that both have answered.',
      ['alias', 'role', 'quantile'],
      (latency) => {
        for (const { alias, comparison } of challengers())
          for (const [role, { p50Ms, p95Ms }] of Object.entries(comparison.latency ?? {})) {
            latency.set({ alias, role, quantile: '0.5' }, p50Ms / 1000);
            latency.set({ alias, role, quantile: '0.95' }, p95Ms / 1000);
          }
      },
    );
    gauge('edgeml_queue_depth', 'Requests that wait.', ['service'], (depth) => {
      for (const [service, { waiting }] of depths()) depth.set({ service }, waiting);
    });
    gauge('edgeml_requests_running', 'Requests that run.', ['service'], (running) => {
      for (const [service, lane] of depths()) running.set({ service }, lane.running);
    });
    gauge('edgeml_buffered_bytes', 'Bytes of the bodies of all open requests.', [], (bytes) =>
      bytes.set(bufferedBytes()),
    );
    gauge('edgeml_frame_memory_bytes', 'Shared memory that rings of frames take.', [], (bytes) =>
      bytes.set(frameBytes()),
    );
    gauge('process_resident_memory_bytes', 'Resident memory of the process.', [], (rss) =>
      rss.set(process.memoryUsage.rss()),
    );
    new Counter({
      name: 'process_cpu_seconds_total',
      help: 'CPU time of the process.',
      registers: [this.#registry],
      collect() {
        const { user, system } = process.cpuUsage();
        this.reset();
        this.inc((user + system) / 1e6);
      },
    });
    for (const { name, help, key } of PROCESS_METRICS) {
      gauge(name, help, [], (number) => {
        const found = processCounts();
        if (found) number.set(found[key]);
      });
    }
    gauge('process_uptime_seconds', 'Time since the start of the process.', [], (uptime) =>
      uptime.set(process.uptime()),
    );
  }
}

function kindOf({ classId, box, keypoints, corners, mask, share, threshold, text, embedding }: Prediction): string {
  if (embedding !== undefined) return classId === 0 ? 'unknown' : 'known';
  if (threshold !== undefined) return classId === 0 ? 'normal' : 'anomaly';
  if (share !== undefined) return 'segment';
  if (text !== undefined) return 'text';
  if (!box) return 'class';
  return mask ? 'mask' : corners ? 'turned-box' : keypoints ? 'pose' : 'box';
}
