import { countObjects, NucleusFault, topicMatches } from '#packages/ipc';
import type { CallOperation, NucleusConnection, NucleusStream, StreamEvents, StreamOperation } from '#packages/ipc';

import { isGroup } from './memory-configuration.ts';
import type { MemoryConfiguration } from './memory-configuration.ts';

export interface Fault {
  readonly component: string | undefined;
}

export interface Denial {
  readonly component: string;
  readonly operation: string;
  readonly resource: string | undefined;
}

export interface MemoryStream {
  readonly operation: StreamOperation;
  readonly request: object;
  readonly events: StreamEvents;
  readonly connection: MemoryConnection;
  isOpen(): boolean;
}

/** The requests of a connection to its twin. */
export interface NucleusOfConnection {
  readonly lite: boolean;
  readonly configuration: MemoryConfiguration;
  readonly denials: ReadonlySet<Denial>;
  readonly localMessages: { readonly component: string; readonly topic: string; readonly message: unknown }[];
  readonly iotMessages: {
    readonly component: string;
    readonly topic: string;
    readonly payload: string;
    readonly qos: string;
  }[];
  readonly refused: string[];
  readonly secrets: ReadonlyMap<string, string>;
  readonly states: { readonly component: string; readonly state: string }[];
  publish(topic: string, message: unknown, sender: MemoryConnection): void;
  configurationChanged(component: string, keyPath: readonly string[]): void;
  answer(deploymentId: string, answer: unknown): void;
  answerTime(): Promise<void>;
}

/** Operations that lite does not have. */
const JAVA_ONLY = [
  'GetSecretValue',
  'SubscribeToComponentUpdates',
  'DeferComponentUpdate',
  'SubscribeToValidateConfigurationUpdates',
  'SendConfigurationValidityReport',
];
const LITE_FRAME_BYTES = 10_000;
/** More objects in a map, and publishing fails. */
const LITE_PUBLISHED_OBJECTS = 195;

/** One connection to the twin; answers as the nucleus does. */
export class MemoryConnection implements NucleusConnection {
  readonly component: string;
  readonly #nucleus: NucleusOfConnection;
  readonly #onClosed: (reason: string) => void;
  readonly #forget: () => void;
  readonly #streams = new Set<MemoryStream>();
  readonly #pending = new Set<(fault: NucleusFault) => void>();
  #open = true;

  constructor(nucleus: NucleusOfConnection, component: string, onClosed: (reason: string) => void, forget: () => void) {
    this.#nucleus = nucleus;
    this.component = component;
    this.#onClosed = onClosed;
    this.#forget = forget;
  }

  get streams(): readonly MemoryStream[] {
    return [...this.#streams];
  }

  call(operation: CallOperation, request: object): Promise<unknown> {
    return this.#answered(operation, request, () => this.#perform(operation, request as Record<string, string>));
  }

  stream(operation: StreamOperation, request: object, events: StreamEvents): Promise<NucleusStream> {
    return this.#answered(operation, request, () => {
      const stream: MemoryStream = {
        operation,
        request,
        events,
        connection: this,
        isOpen: () => this.#streams.has(stream),
      };
      this.#streams.add(stream);
      return { close: async () => void this.#streams.delete(stream) };
    });
  }

  async close(): Promise<void> {
    this.#end();
  }

  drop(reason: string): void {
    this.#end();
    this.#onClosed(reason);
  }

  endStream(stream: MemoryStream): void {
    this.#streams.delete(stream);
    stream.events.onEnded();
  }

  #end(): void {
    this.#open = false;
    this.#forget();
    for (const stream of this.#streams) queueMicrotask(stream.events.onEnded);
    this.#streams.clear();
    for (const reject of this.#pending) reject(lost());
    this.#pending.clear();
  }

  #answered<Answer>(operation: string, request: object, work: () => Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.#open) return reject(lost());
      this.#pending.add(reject);
      const answer = (): void => {
        if (!this.#pending.delete(reject)) return;
        try {
          this.#authorize(operation, request);
          resolve(work());
        } catch (thrown) {
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
        }
      };
      void this.#nucleus.answerTime().then(answer);
    });
  }

  #authorize(operation: string, request: { topic?: string; topicName?: string }): void {
    const resource = request.topic ?? request.topicName;
    if (this.#nucleus.lite && JAVA_ONLY.includes(operation)) throw service('ServiceError', '');
    const isDenied = [...this.#nucleus.denials].some(
      (denial) =>
        denial.component === this.component &&
        denial.operation === operation &&
        (denial.resource === undefined || topicMatches(denial.resource, resource ?? '')),
    );
    if (isDenied) this.#nucleus.refused.push(operation);
    if (isDenied)
      throw service('UnauthorizedError', `${this.component} is not authorized to perform ${operation} on ${resource}`);
  }

  #perform(operation: CallOperation, request: Record<string, string>): unknown {
    const nucleus = this.#nucleus;
    switch (operation) {
      case 'PublishToTopic':
        return this.#publish(request as unknown as PublishRequest);
      case 'PublishToIoTCore': {
        const {
          topicName: topic,
          payload,
          qos,
        } = request as unknown as { topicName: string; payload: Uint8Array | string; qos: string };
        nucleus.iotMessages.push({
          component: this.component,
          topic,
          payload: Buffer.from(payload as string).toString(),
          qos,
        });
        return {};
      }
      case 'GetConfiguration':
        return this.#configuration(request as unknown as { keyPath: string[]; componentName?: string });
      case 'GetSecretValue': {
        const secretString = nucleus.secrets.get(request['secretId'] ?? '');
        if (secretString === undefined) throw service('ResourceNotFoundError', 'Secret not configured');
        return { secretId: request['secretId'], secretValue: { secretString } };
      }
      case 'UpdateConfiguration':
        return this.#update(request as unknown as UpdateRequest);
      case 'UpdateState':
        nucleus.states.push({ component: this.component, state: request['state'] ?? '' });
        return {};
      case 'DeferComponentUpdate':
        return nucleus.answer(request['deploymentId'] ?? '', request);
      case 'SendConfigurationValidityReport': {
        const { configurationValidityReport: report } = request as unknown as {
          configurationValidityReport: { deploymentId: string };
        };
        return nucleus.answer(report.deploymentId, report);
      }
    }
  }

  #publish({ topic, publishMessage: { jsonMessage, binaryMessage } }: PublishRequest): object {
    const message = structuredClone((jsonMessage ?? binaryMessage)?.message);
    const bytes = message instanceof Uint8Array ? message.length * 1.34 : JSON.stringify(message).length;
    if (this.#nucleus.lite && jsonMessage && countObjects(message) > LITE_PUBLISHED_OBJECTS)
      throw service('ServiceError', 'Failed to publish the message.');
    this.#nucleus.localMessages.push({ component: this.component, topic, message });
    if (!this.#nucleus.lite || bytes < LITE_FRAME_BYTES - 250) this.#nucleus.publish(topic, message, this);
    return {};
  }

  #configuration({ keyPath, componentName = this.component }: { keyPath: string[]; componentName?: string }): object {
    const value = this.#nucleus.configuration.get(componentName, keyPath) ?? (keyPath.length === 0 ? {} : undefined);
    if (value === undefined) throw service('ResourceNotFoundError', `Key not found: ${keyPath.join('.')}`);
    return { componentName, value: isGroup(value) ? value : { [keyPath.at(-1) ?? '']: value } };
  }

  #update({ keyPath, valueToMerge, timestamp }: UpdateRequest): object {
    const isWholeSecond = timestamp.getTime() % 1000 === 0;
    if (this.#nucleus.lite && isWholeSecond) throw service('InvalidArgumentsError', 'timestamp is not a float');
    const taken = this.#nucleus.configuration.merge(this.component, keyPath, valueToMerge, timestamp.getTime());
    if (!taken && !this.#nucleus.lite) throw service('FailedUpdateConditionCheckError', 'a newer value stands');
    if (taken) this.#nucleus.configurationChanged(this.component, keyPath);
    return {};
  }
}

interface PublishRequest {
  readonly topic: string;
  readonly publishMessage: Partial<Record<'jsonMessage' | 'binaryMessage', { readonly message: unknown }>>;
}

interface UpdateRequest {
  readonly keyPath: string[];
  readonly valueToMerge: unknown;
  readonly timestamp: Date;
}

function lost(): NucleusFault {
  return new NucleusFault('lost', 'the connection is closed');
}

function service(errorCode: string, message: string): NucleusFault {
  return new NucleusFault('service', message, { errorCode });
}
