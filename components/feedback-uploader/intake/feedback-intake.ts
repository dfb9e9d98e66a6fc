import { randomUUID } from 'node:crypto';
import { isEdgeError, messageOf } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import type { FeedbackAnswer } from '#packages/http';
import { readPrediction } from '#packages/samples';
import type { Outcome } from '#packages/samples';
import { MB, requestLimitOf } from '../config.ts';
import type { FeedbackConfiguration, UploaderConfiguration } from '../config.ts';
import { DEFAULT_BITS } from '../settings/feedback-map-schema.ts';
import { RecentSamples } from '../duplicates/recent-samples.ts';
import type { HashPicture } from '../duplicates/picture-hash.ts';
import type { Announcer } from '../messages/announcer.ts';
import { publishTimestamp } from '../messages/publish-timestamp.ts';
import { throttledText } from '../messages/status-message.ts';
import type { Redact } from '../redaction/redactor.ts';
import { exceededQuota } from '../sampling/quota.ts';

import type { Spool } from '../spool/spool.ts';
import type { RedactionRecord, SampleHeader } from '../spool/stored-sample.ts';
import { objectKey } from '../upload/object-name.ts';
import { mostBytesOf } from '../upload/bytes-sent.ts';
import { uploaderErrors } from '../errors.ts';
import { objectMetadata } from './metadata.ts';
import { RequestGate } from './request-gate.ts';
import { Samplers } from './sampler.ts';

export interface FeedbackRequest {
  readonly configId: string;
  /** As JSON had it. */
  readonly prediction: unknown;
  readonly metadata: unknown;
  /** A person chose it: neither strategy nor quota decides. Default: false. */
  readonly always?: boolean;
  /** Reads the model input; asked for only when the sample is wanted. */
  readonly readInput: (maxBytes: number) => Promise<Uint8Array>;
}

export interface IntakePorts {
  readonly spool: Spool;
  readonly announcer: Pick<Announcer, 'dropped' | 'throttled' | 'failed'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly redact: Redact;
  readonly hash: HashPicture;
  /** The outcome of each request: `accepted`, `dropped`, or the code of its error. */
  readonly observe: (configId: string, outcome: string) => void;
}

interface Offer extends FeedbackRequest {
  readonly id: string;
  readonly settings: FeedbackConfiguration;
}

/** Length and checksums in front of a sample's file, rounded up. */
const HEAD_MORE_BYTES = 200;

/** Decides about each sample that is offered, hides what is to be hidden, and hands it to the spool. */
export class FeedbackIntake {
  readonly #ports: IntakePorts;
  readonly #samplers: Samplers;
  readonly #gate = new RequestGate();
  /** Samples per configuration that are wanted but not yet accepted. */
  readonly #pending = new Map<string, number>();
  /** By configuration. A restart forgets them. */
  readonly #recent = new Map<string, RecentSamples>();
  #configuration: UploaderConfiguration;

  constructor(ports: IntakePorts, configuration: UploaderConfiguration) {
    this.#ports = ports;
    this.#samplers = new Samplers(ports.random);
    this.#configuration = configuration;
    this.#samplers.setConfiguration(configuration);
    ports.spool.onEvent((event) => {
      // Its like is worth sending again.
      if (event.type === 'evicted') this.#recent.get(event.entry.configId)?.forget(event.entry.id);
    });
  }

  get running(): number {
    return this.#gate.running;
  }

  setConfiguration(configuration: UploaderConfiguration): void {
    this.#configuration = configuration;
    this.#samplers.setConfiguration(configuration);
  }

  /** @throws EdgeError `feedback.*`, `sampling.*`, `redaction.*`, `spool.*`; whatever `readInput` throws */
  async handle(request: FeedbackRequest): Promise<FeedbackAnswer> {
    const { announcer, observe } = this.#ports;
    const { configId } = request;
    const settings = this.#settingsOf(configId);
    const id = randomUUID();
    const limit = requestLimitOf(this.#configuration);
    const leave = this.#gate.enter(limit);
    if (!leave) {
      announcer.throttled(id, limit ?? 0);
      observe(configId, 'feedback.request-limit');
      throw uploaderErrors.error('feedback.request-limit', throttledText(limit ?? 0), {
        facts: { id, limit, retryAfterSeconds: 1 },
      });
    }
    try {
      const answer = await this.#decide({ ...request, id, settings });
      observe(configId, answer.status === 'accepted' ? 'accepted' : 'dropped');
      return answer;
    } catch (thrown) {
      const code = isEdgeError(thrown) ? thrown.code : 'internal';
      announcer.failed(id, code, messageOf(thrown));
      observe(configId, code);
      throw thrown;
    } finally {
      leave();
    }
  }

  async #decide(offer: Offer): Promise<FeedbackAnswer> {
    const { id, configId, prediction, settings, always = false } = offer;
    checkPrediction(prediction);
    if (always) return this.#keep(offer, 'chosen by hand');
    const verdict = this.#samplers.strategyOf(configId)?.(
      () => readPrediction(prediction),
      () => objectMetadata(offer.metadata),
    );
    if (verdict?.keep === false) return this.#dropped(id, verdict.why);
    const pending = this.#pending.get(configId) ?? 0;
    const full = exceededQuota(settings['sampling-strategy']?.quota, this.#ports.spool.kept(configId), pending);
    if (full !== undefined) return this.#dropped(id, full);
    this.#pending.set(configId, pending + 1);
    try {
      return await this.#keep(offer, verdict?.why);
    } finally {
      this.#pending.set(configId, (this.#pending.get(configId) ?? 1) - 1);
    }
  }

  #dropped(id: string, reason: string): FeedbackAnswer {
    this.#ports.announcer.dropped(id);
    return { id, status: 'sample_dropped_by_strategy', reason };
  }

  async #keep(offer: Offer, because?: string): Promise<FeedbackAnswer> {
    const { id, configId, metadata, readInput } = offer;
    const given = objectMetadata(metadata);
    const input = await readInput(this.#configuration.MaxSampleMB * MB);
    if (input.length === 0)
      throw uploaderErrors.error('feedback.bad-sample', 'the sample has no model input: the body is empty');
    const repeats = await this.#remember(offer, input);
    if (repeats !== undefined) return this.#dropped(id, repeats);
    try {
      return await this.#store(offer, input, given, because);
    } catch (thrown) {
      this.#recent.get(configId)?.forget(id);
      throw thrown;
    }
  }

  /** Which earlier sample this one repeats, in words; else it is remembered, unless a person chose it. */
  async #remember(
    { id, configId, prediction, settings, always }: Offer,
    input: Uint8Array,
  ): Promise<string | undefined> {
    const mostBits = always ? undefined : bitsOfDuplicates(settings);
    const outcomes = mostBits === undefined ? undefined : outcomesIn(prediction);
    const hash = outcomes && (await this.#ports.hash(input));
    if (mostBits === undefined || !outcomes || !hash) return undefined;
    const recent = this.#recent.get(configId) ?? new RecentSamples();
    this.#recent.set(configId, recent);
    const duplicate = recent.duplicateOf(hash, outcomes, mostBits);
    if (duplicate) return `repeats sample ${duplicate.of}: ${duplicate.bits} of 64 bits differ`;
    recent.add(id, hash, outcomes);
    return undefined;
  }

  async #store(
    { id, configId, prediction, settings }: Offer,
    input: Uint8Array,
    given: Readonly<Record<string, string>>,
    because: string | undefined,
  ): Promise<FeedbackAnswer> {
    const { image, record } = await this.#redacted(input, settings, prediction);
    const { 's3-bucket-name': bucket, 's3-prefix': prefix, 'file-ext': extension } = settings;
    const key = objectKey({ bucket, prefix, extension }, id);
    const acceptedAt = this.#ports.clock.now();
    const header: SampleHeader = {
      id,
      configId,
      priority: settings.priority,
      bucket,
      key,
      contentType: settings['content-type'],
      metadata: {
        ...given,
        'publish-ts': publishTimestamp(acceptedAt),
        ...(record ? { redaction: redactionText(record) } : {}),
      },
      prediction,
      acceptedAt,
      ...(because === undefined ? {} : { because }),
      ...(record ? { redaction: record } : {}),
    };
    this.#checkBudget(header, image.length);
    await this.#ports.spool.accept(header, image);
    return { id, status: 'accepted', bucket, key, bytes: image.length };
  }

  async #redacted(
    input: Uint8Array,
    { redaction }: FeedbackConfiguration,
    prediction: unknown,
  ): Promise<{ image: Uint8Array; record?: RedactionRecord }> {
    if (!redaction) return { image: input };
    return this.#ports.redact(input, redaction, prediction);
  }

  #checkBudget(header: SampleHeader, bytes: number): void {
    const { UplinkMBPerHour, UplinkMBPerDay, SampleRecords } = this.#configuration;
    const limits = [UplinkMBPerHour, UplinkMBPerDay].filter((limit) => limit > 0).map((limit) => limit * MB);
    const least = Math.min(...limits);
    if (mostBytesOf(Buffer.byteLength(JSON.stringify(header)) + HEAD_MORE_BYTES, bytes, SampleRecords) <= least) return;
    const message = `a sample of ${bytes} bytes can never be uploaded within ${least} bytes an hour or day`;
    throw uploaderErrors.error('feedback.over-budget', message, { facts: { bytes, limit: least } });
  }

  #settingsOf(configId: string): FeedbackConfiguration {
    const map = this.#configuration.FeedbackConfigurationMap;
    const settings = Object.hasOwn(map, configId) ? map[configId] : undefined;
    if (settings) return settings;
    this.#ports.observe('unknown', 'feedback.unknown-config');
    const known = Object.keys(map).join(', ') || 'none';
    const message = `there is no feedback configuration "${configId}"; known are: ${known}`;
    throw uploaderErrors.error('feedback.unknown-config', message, { facts: { configId } });
  }
}

/** Bits in which a duplicate may differ; undefined if duplicates are kept. A configuration that asks for everything gets everything. */
function bitsOfDuplicates({ duplicates, 'sampling-strategy': strategy }: FeedbackConfiguration): number | undefined {
  if (duplicates) return duplicates.keep ? undefined : duplicates['max-bits'];
  return strategy === undefined || strategy['strategy-name'] === 'ALL' ? undefined : DEFAULT_BITS;
}

/** Undefined for a prediction in its own form: nobody can say whether it repeats another. */
function outcomesIn(prediction: unknown): readonly Outcome[] | undefined {
  try {
    return readPrediction(prediction).outcomes;
  } catch {
    return undefined;
  }
}

/** The old SDK took dictionaries and lists, and nothing else. */
function checkPrediction(prediction: unknown): void {
  if (typeof prediction === 'object' && prediction !== null) return;
  throw uploaderErrors.error(
    'feedback.bad-sample',
    'the prediction of the sample is neither a JSON list nor a JSON object',
  );
}

function redactionText({ mode, polygons, boxes }: RedactionRecord): string {
  return `${mode}; polygons=${polygons}; boxes=${boxes}`;
}
