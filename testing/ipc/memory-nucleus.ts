import { systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { countObjects, NucleusFault, topicMatches } from '#packages/ipc';
import type { NucleusConnection, NucleusTransport } from '#packages/ipc';

import { MemoryConfiguration } from './memory-configuration.ts';
import { MemoryConnection } from './memory-connection.ts';
import type { Denial, Fault, MemoryStream, NucleusOfConnection } from './memory-connection.ts';

/** A subscription of lite that meets a map of more objects hears neither it nor anything after it, and nobody is told. */
const LITE_DECODED_OBJECTS = 46;

export interface MemoryNucleusOptions {
  readonly clock?: Clock;
  /** Behave as nucleus lite: no optional operations, no receive mode, large messages and maps of many objects vanish. Default false. */
  readonly lite?: boolean;
}

/** The nucleus' twin in memory: what sessions are tested against, with the faults that nuclei have. */
export class MemoryNucleus implements NucleusOfConnection {
  readonly clock: Clock;
  readonly lite: boolean;
  readonly configuration = new MemoryConfiguration();
  /** The messages that components published, in order. */
  readonly localMessages: NucleusOfConnection['localMessages'] = [];
  readonly iotMessages: NucleusOfConnection['iotMessages'] = [];
  /** Texts by name, of aws.greengrass.SecretManager. */
  readonly secrets = new Map<string, string>();
  /** Operations that were answered with UnauthorizedError, in order. */
  readonly refused: string[] = [];
  readonly states: NucleusOfConnection['states'] = [];
  readonly denials = new Set<Denial>();
  readonly #connections = new Set<MemoryConnection>();
  readonly #refusals = new Set<Fault>();
  readonly #hangUps = new Set<Fault>();
  readonly #silences = new Set<Fault>();
  readonly #absences = new Set<Fault>();
  /** Streams of lite that met a map which they could not decode. */
  readonly #deaf = new WeakSet<MemoryStream>();
  readonly #stalls = new Set<Fault>();
  readonly #delays = new Set<Fault & { readonly ms: number }>();
  readonly #answers = new Map<string, (answer: unknown) => void>();
  #deployments = 0;

  constructor(options: MemoryNucleusOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.lite = options.lite ?? false;
  }

  /** The line of one component. */
  transport(component: string): NucleusTransport {
    return {
      open: async (onClosed, signal): Promise<NucleusConnection> => {
        await this.#handshake(component, signal);
        const connection = new MemoryConnection(this, component, onClosed, () => this.#connections.delete(connection));
        this.#connections.add(connection);
        return connection;
      },
    };
  }

  get connections(): readonly { readonly component: string; readonly streams: number }[] {
    return [...this.#connections].map(({ component, streams }) => ({ component, streams: streams.length }));
  }

  /** A local message from outside the components under test, or from one of them. */
  publish(topic: string, message: unknown, sender?: MemoryConnection): void {
    const isBytes = message instanceof Uint8Array;
    for (const stream of this.#streams('SubscribeToTopic')) {
      const { topic: filter, receiveMode } = stream.request as { topic: string; receiveMode?: string };
      const isOwn = !this.lite && receiveMode === 'RECEIVE_MESSAGES_FROM_OTHERS' && stream.connection === sender;
      if (isOwn || !topicMatches(filter, topic)) continue;
      if (this.lite && !isBytes && countObjects(message) > LITE_DECODED_OBJECTS) this.#deaf.add(stream);
      if (this.#deaf.has(stream)) continue;
      const payload = { message, context: { topic } };
      this.#deliver(stream, isBytes ? { binaryMessage: payload } : { jsonMessage: payload });
    }
  }

  /** A message from IoT Core. */
  deliverIot(topicName: string, payload: Uint8Array): void {
    for (const stream of this.#streams('SubscribeToIoTCore')) {
      const { topicName: filter } = stream.request as { topicName: string };
      if (topicMatches(filter, topicName)) this.#deliver(stream, { message: { topicName, payload } });
    }
  }

  /** Sets a value as a deployment does, and tells subscribers. */
  configure(component: string, keyPath: readonly string[], value: unknown): void {
    this.configuration.set(component, keyPath, value);
    this.configurationChanged(component, keyPath);
  }

  configurationChanged(component: string, keyPath: readonly string[]): void {
    for (const stream of this.#streams('SubscribeToConfigurationUpdate')) {
      const { componentName = stream.connection.component } = stream.request as { readonly componentName?: string };
      if (componentName !== component) continue;
      this.#deliver(stream, { configurationUpdateEvent: { componentName: component, keyPath } });
    }
  }

  /** Asks a component before an update, again after each deferral; resolves when it answers 0. */
  async announceUpdate(component: string): Promise<void> {
    for (;;) {
      const answer = await this.#ask<{ recheckAfterMs: number }>(
        component,
        'SubscribeToComponentUpdates',
        (deploymentId) => ({
          preUpdateEvent: { deploymentId },
        }),
      );
      if (answer.recheckAfterMs === 0) return;
      await new Promise<void>((resolve) => void this.clock.after(answer.recheckAfterMs, resolve));
    }
  }

  /** Asks a component to judge a configuration; resolves with its report. */
  askValidity(
    component: string,
    configuration: unknown,
  ): Promise<{ readonly status: string; readonly message?: string }> {
    return this.#ask(component, 'SubscribeToValidateConfigurationUpdates', (deploymentId) => ({
      validateConfigurationUpdateEvent: { configuration, deploymentId },
    }));
  }

  answer(deploymentId: string, answer: unknown): void {
    this.#answers.get(deploymentId)?.(answer);
    this.#answers.delete(deploymentId);
  }

  /** Cuts connections, as a restart of the nucleus does. */
  dropConnections(component?: string): void {
    for (const connection of [...this.#connections]) {
      if (component === undefined || connection.component === component) connection.drop('cut by the test');
    }
  }

  /** Ends the streams of one operation on the nucleus' side; connections live on. */
  endStreams(operation: string): void {
    for (const stream of this.#streams(operation)) stream.connection.endStream(stream);
  }

  /** Handshakes are answered with no. Call the result to take it back; so for all faults below. */
  refuseConnections(): () => void {
    return put(this.#refusals, { component: undefined });
  }

  /** Handshakes end in a hang-up, as nucleus lite refuses. */
  hangUp(): () => void {
    return put(this.#hangUps, { component: undefined });
  }

  /** There is no socket. */
  hideSocket(): () => void {
    return put(this.#absences, { component: undefined });
  }

  /** Handshakes are not answered at all. */
  ignoreConnections(): () => void {
    return put(this.#silences, { component: undefined });
  }

  /** Streams stay open, their events vanish. */
  stallSubscriptions(component?: string): () => void {
    return put(this.#stalls, { component });
  }

  delayAnswers(ms: number): () => void {
    return put(this.#delays, { component: undefined, ms });
  }

  /** UnauthorizedError for the operation, on all resources or on one. */
  deny(component: string, operation: string, resource?: string): () => void {
    return put(this.denials, { component, operation, resource });
  }

  /** Waits as long as answers are delayed. */
  async answerTime(): Promise<void> {
    const ms = Math.max(0, ...[...this.#delays].map((delay) => delay.ms));
    if (ms > 0) await new Promise<void>((resolve) => void this.clock.after(ms, resolve));
  }

  async #handshake(component: string, signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    if (this.#absences.size > 0) throw new NucleusFault('unreachable', 'there is no socket');
    if (this.#silences.size > 0)
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    signal.throwIfAborted();
    if (this.#hangUps.size > 0) throw new NucleusFault('dropped', 'hung up during the handshake');
    if (this.#refusals.size > 0) throw new NucleusFault('refused', `the token of ${component} is not accepted`);
  }

  #ask<Answer>(component: string, operation: string, event: (deploymentId: string) => object): Promise<Answer> {
    const deploymentId = `deployment-${++this.#deployments}`;
    const [stream] = this.#streams(operation, component);
    if (!stream) throw new Error(`${component} has no open ${operation}`);
    return new Promise((resolve) => {
      this.#answers.set(deploymentId, resolve as (answer: unknown) => void);
      this.#deliver(stream, event(deploymentId));
    });
  }

  #streams(operation: string, component?: string): readonly MemoryStream[] {
    const connections = [...this.#connections].filter(
      (each) => component === undefined || each.component === component,
    );
    return connections.flatMap(({ streams }) => streams.filter((stream) => stream.operation === operation));
  }

  #deliver(stream: MemoryStream, event: object): void {
    const { component } = stream.connection;
    if ([...this.#stalls].some((stall) => stall.component === undefined || stall.component === component)) return;
    const copy = structuredClone(event);
    queueMicrotask(() => stream.isOpen() && stream.events.onEvent(copy));
  }
}

function put<Entry>(entries: Set<Entry>, entry: Entry): () => void {
  entries.add(entry);
  return () => void entries.delete(entry);
}
