import type { EdgeError } from '../../errors/edge-error.ts';
import { checkedTopic, checkedTopicFilter } from '../../topics/topic-syntax.ts';
import { ipcErrors } from '../errors.ts';
import type { IpcSession, IpcState, LocalMessage, Subscription } from '../session.ts';
import type { StreamOperation } from '../transport/nucleus-transport.ts';
import { Caller } from './caller.ts';
import { ConfigurationWatch } from './configuration-watch.ts';
import { ConnectionKeeper } from './connection-keeper.ts';
import { isMissing, isUnsupported } from './fault-to-error.ts';
import { Heartbeat } from './heartbeat.ts';
import { decodeLocal, encodeLocal } from './local-messages.ts';
import { base64Length, checkFrame } from './message-limit.ts';
import type { ResolvedIpcOptions } from './options.ts';
import { SenderTag } from './sender-tag.ts';
import { SubscriptionBook } from './subscription-book.ts';

/** `IpcSession` over a transport: the parts put together. */
export class NucleusSession implements IpcSession {
  readonly #options: ResolvedIpcOptions;
  readonly #keeper: ConnectionKeeper;
  readonly #caller: Caller;
  readonly #book: SubscriptionBook;
  readonly #configuration: ConfigurationWatch;
  readonly #heartbeat: Heartbeat | undefined;
  readonly #tag = new SenderTag();
  #lastTimestampMs = 0;

  constructor(options: ResolvedIpcOptions) {
    const { component, clock, random, log, callTimeoutMs: timeoutMs } = options;
    this.#options = options;
    const keeper = (this.#keeper = new ConnectionKeeper(options));
    this.#caller = new Caller({ keeper, clock, component, timeoutMs });
    this.#book = new SubscriptionBook({ keeper, caller: this.#caller, clock, random, log, component });
    this.#configuration = new ConfigurationWatch({
      clock,
      log,
      book: this.#book,
      refreshMs: options.configurationRefreshMs,
      read: () => this.#readConfiguration([]),
    });
    this.#heartbeat = options.heartbeat
      ? new Heartbeat({ ...options, ...options.heartbeat, session: this, rebuild: (reason) => keeper.rebuild(reason) })
      : undefined;
    keeper.onState((state) => {
      if (state === 'connected') this.#configuration.refresh();
    });
    keeper.start();
    this.#heartbeat?.start();
  }

  get state(): IpcState {
    return this.#keeper.state;
  }

  ready(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const { clock, connectTimeoutMs } = this.#options;
      const settle = (finish: () => void): void => {
        stopListening();
        cancelTimer();
        signal?.removeEventListener('abort', onAbort);
        finish();
      };
      const check = (state: IpcState): void => {
        if (state === 'connected') settle(resolve);
        if (state === 'refused') settle(() => reject(this.#keeper.refusal ?? notReady('refused')));
        if (state === 'closed')
          settle(() => reject(ipcErrors.error('ipc.closed', 'the session was closed before it connected')));
      };
      const onAbort = (): void =>
        settle(() => reject(signal?.reason instanceof Error ? signal.reason : notReady('aborted')));
      const cancelTimer = clock.after(connectTimeoutMs, () =>
        settle(() => reject(notReady(`not connected after ${connectTimeoutMs} ms`))),
      );
      const stopListening = this.#keeper.onState(check);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted) onAbort();
      else check(this.state);
    });
  }

  onState(listener: (state: IpcState) => void): () => void {
    return this.#keeper.onState(listener);
  }

  async publishLocal(topic: string, message: unknown): Promise<void> {
    const encoded = encodeLocal(checkedTopic(topic), this.#marked(topic, message));
    checkFrame(topic, encoded.encodedBytes, this.#options.maxFrameBytes);
    await this.#caller.call('PublishToTopic', { topic, publishMessage: encoded.publishMessage }, topic);
  }

  async subscribeLocal(
    topic: string,
    handler: (message: LocalMessage) => void,
    options: { readonly receive?: 'all' | 'others' } = {},
  ): Promise<Subscription> {
    const others = options.receive === 'others';
    const stopMarking = others ? this.#tag.hearOthersOn(topic) : () => undefined;
    const receiveMode = others ? 'RECEIVE_MESSAGES_FROM_OTHERS' : 'RECEIVE_ALL_MESSAGES';
    const subscription = await this.#book.subscribe({
      operation: 'SubscribeToTopic',
      request: { topic: checkedTopicFilter(topic), receiveMode },
      resource: topic,
      onEvent: (event) => {
        const received = decodeLocal(event, topic);
        if (!received || (others && this.#tag.isOwn(received.message))) return;
        handler({ topic: received.topic, message: this.#tag.unmark(received.message) });
      },
    });
    return {
      close: async () => {
        stopMarking();
        await subscription.close();
      },
    };
  }

  async publishIot(
    topic: string,
    payload: Uint8Array | string,
    options: { readonly qos?: 0 | 1; readonly retain?: boolean } = {},
  ): Promise<void> {
    checkFrame(checkedTopic(topic), base64Length(Buffer.byteLength(payload)), this.#options.maxFrameBytes);
    const request = {
      topicName: topic,
      qos: String(options.qos ?? 1),
      payload,
      ...(options.retain === undefined ? {} : { retain: options.retain }),
    };
    await this.#caller.call('PublishToIoTCore', request, topic);
  }

  subscribeIot(
    topicFilter: string,
    handler: (message: { readonly topic: string; readonly payload: Uint8Array }) => void,
    options: { readonly qos?: 0 | 1 } = {},
  ): Promise<Subscription> {
    return this.#book.subscribe({
      operation: 'SubscribeToIoTCore',
      request: { topicName: checkedTopicFilter(topicFilter), qos: String(options.qos ?? 1) },
      resource: topicFilter,
      onEvent: (event) => {
        const { message } = event as { message?: { topicName: string; payload?: Uint8Array } };
        if (message) handler({ topic: message.topicName, payload: message.payload ?? new Uint8Array() });
      },
    });
  }

  async getConfiguration(keyPath: readonly string[] = [], component?: string): Promise<unknown> {
    const value = await this.#readConfiguration(keyPath, component);
    if (keyPath.length === 0 && component === undefined) this.#configuration.handedOut(value);
    return value;
  }

  async mergeConfiguration(keyPath: readonly string[], value: unknown): Promise<void> {
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    const leaf = keyPath.at(-1);
    if (!isGroup && leaf === undefined) {
      throw ipcErrors.error('ipc.not-an-object', 'the whole configuration can only be merged with an object');
    }
    const request = {
      keyPath: [...(isGroup ? keyPath : keyPath.slice(0, -1))],
      valueToMerge: isGroup ? value : { [leaf ?? '']: value },
      timestamp: new Date(this.#nextTimestampMs()),
    };
    await this.#caller.call('UpdateConfiguration', request);
  }

  onConfiguration(handler: (configuration: unknown) => void): Promise<Subscription> {
    return this.#configuration.add(handler);
  }

  validateConfiguration(
    check: (configuration: unknown) => string | undefined | Promise<string | undefined>,
  ): Promise<Subscription> {
    return this.#optional('SubscribeToValidateConfigurationUpdates', async (event) => {
      const { validateConfigurationUpdateEvent: asked } = event as ValidateEvent;
      if (!asked) return;
      const fault = await check(asked.configuration);
      const verdict = fault === undefined ? { status: 'ACCEPTED' } : { status: 'REJECTED', message: fault };
      await this.#caller.call('SendConfigurationValidityReport', {
        configurationValidityReport: { ...verdict, deploymentId: asked.deploymentId },
      });
    });
  }

  onComponentUpdate(answer: () => { readonly deferMs: number; readonly message?: string }): Promise<Subscription> {
    return this.#optional('SubscribeToComponentUpdates', async (event) => {
      const { preUpdateEvent: asked } = event as UpdateEvent;
      if (!asked) return;
      const { deferMs, message } = answer();
      await this.#caller.call('DeferComponentUpdate', {
        deploymentId: asked.deploymentId,
        recheckAfterMs: deferMs,
        ...(message === undefined ? {} : { message }),
      });
    });
  }

  async updateState(state: 'RUNNING' | 'ERRORED'): Promise<void> {
    await this.#caller.call('UpdateState', { state });
  }

  async close(): Promise<void> {
    this.#heartbeat?.stop();
    this.#configuration.stop();
    await this.#keeper.close();
    await this.#book.close();
  }

  #marked(topic: string, message: unknown): unknown {
    const isObject = typeof message === 'object' && message !== null && !Array.isArray(message);
    return isObject && !(message instanceof Uint8Array) ? this.#tag.mark(topic, message) : message;
  }

  /**
   * A single value comes as `{name: value}`, which looks like a group with one setting; so the group above is asked for.
   */
  async #readConfiguration(keyPath: readonly string[], component?: string): Promise<unknown> {
    const leaf = keyPath.at(-1);
    const request = { keyPath: keyPath.slice(0, -1), ...(component === undefined ? {} : { componentName: component }) };
    try {
      const answer = (await this.#caller.call('GetConfiguration', request, component)) as { value?: unknown };
      if (leaf === undefined) return answer.value;
      return (answer.value as Record<string, unknown> | undefined)?.[leaf];
    } catch (thrown) {
      if (leaf !== undefined && isMissing(thrown)) return undefined;
      throw thrown;
    }
  }

  /** Nuclei that lack the operation answer ServiceError; then there is nothing to hear. */
  async #optional(operation: StreamOperation, onEvent: (event: unknown) => Promise<void>): Promise<Subscription> {
    const { log } = this.#options;
    const tell = (thrown: unknown): void => log.warn({ error: thrown, operation }, 'ipc.answer-failed');
    try {
      return await this.#book.subscribe({
        operation,
        request: {},
        onEvent: (event) => void onEvent(event).catch(tell),
      });
    } catch (thrown) {
      if (!isUnsupported(thrown)) throw thrown;
      log.info({ operation }, 'ipc.not-supported-here');
      return { close: async () => undefined };
    }
  }

  /** Rising, and never a whole second: nucleus lite takes floats only, and a whole second is written as an integer. */
  #nextTimestampMs(): number {
    const next = Math.max(this.#options.clock.now(), this.#lastTimestampMs + 1);
    this.#lastTimestampMs = next % 1000 === 0 ? next + 1 : next;
    return this.#lastTimestampMs;
  }
}

interface ValidateEvent {
  readonly validateConfigurationUpdateEvent?: { readonly configuration?: unknown; readonly deploymentId: string };
}

interface UpdateEvent {
  readonly preUpdateEvent?: { readonly deploymentId: string };
}

function notReady(reason: string): EdgeError {
  return ipcErrors.error('ipc.timeout', `no connection to the nucleus: ${reason}`);
}
