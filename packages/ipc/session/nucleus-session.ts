import type { EdgeError } from '#packages/foundation';

import { checkedTopic, checkedTopicFilter } from '../topics/topic-syntax.ts';
import { ipcErrors } from '../errors.ts';
import type { IpcSession, IpcState, LocalMessage, Subscription } from '../session.ts';
import { Caller } from './caller.ts';
import { ConfigurationAccess } from './configuration-access.ts';
import { ConfigurationWatch } from './configuration-watch.ts';
import { ConnectionKeeper } from './connection-keeper.ts';
import { Heartbeat } from './heartbeat.ts';
import { decodeLocal, encodeLocal } from './local-messages.ts';
import { base64Length, checkFrame } from './message-limit.ts';
import type { ResolvedIpcOptions } from './options.ts';
import { readSecret } from './secret.ts';
import { Questions } from './questions.ts';
import type { ConfigurationCheck, UpdateAnswer } from './questions.ts';
import { SenderTag } from './sender-tag.ts';
import { SubscriptionBook } from './subscription-book.ts';

/** `IpcSession` over a transport: the parts put together. */
export class NucleusSession implements IpcSession {
  readonly #options: ResolvedIpcOptions;
  readonly #keeper: ConnectionKeeper;
  readonly #caller: Caller;
  readonly #book: SubscriptionBook;
  readonly #questions: Questions;
  readonly #configuration: ConfigurationAccess;
  readonly #watch: ConfigurationWatch;
  readonly #heartbeat: Heartbeat | undefined;
  readonly #tag = new SenderTag();

  constructor(options: ResolvedIpcOptions) {
    const { component, clock, random, log, callTimeoutMs: timeoutMs, renewMs } = options;
    this.#options = options;
    const keeper = (this.#keeper = new ConnectionKeeper(options));
    this.#caller = new Caller({ keeper, clock, component, timeoutMs });
    this.#book = new SubscriptionBook({ keeper, caller: this.#caller, clock, random, log, component, renewMs });
    this.#questions = new Questions(this.#caller, this.#book, log);
    this.#configuration = new ConfigurationAccess(this.#caller, clock);
    this.#watch = new ConfigurationWatch({
      clock,
      log,
      book: this.#book,
      refreshMs: options.configurationRefreshMs,
      read: () => this.#configuration.read([]),
    });
    this.#heartbeat = options.heartbeat
      ? new Heartbeat({ ...options, ...options.heartbeat, session: this, rebuild: (reason) => keeper.rebuild(reason) })
      : undefined;
    keeper.onState((state) => {
      if (state === 'connected') this.#watch.refresh();
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
    const encoded = encodeLocal(checkedTopic(topic), this.#marked(topic, message), this.#options.lite);
    checkFrame(topic, encoded.encodedBytes, this.#options.maxFrameBytes);
    await this.#caller.call('PublishToTopic', { topic, publishMessage: encoded.publishMessage }, topic);
  }

  async subscribeLocal(
    topic: string,
    handler: (message: LocalMessage) => void,
    options: { readonly receive?: 'all' | 'others' } = {},
  ): Promise<Subscription> {
    const others = options.receive === 'others';
    checkedTopicFilter(topic);
    const stopMarking = others ? this.#tag.hearOthersOn(topic) : () => undefined;
    const receiveMode = others ? 'RECEIVE_MESSAGES_FROM_OTHERS' : 'RECEIVE_ALL_MESSAGES';
    const subscribing = this.#book.subscribe({
      operation: 'SubscribeToTopic',
      request: { topic, receiveMode },
      resource: topic,
      renewed: true,
      onEvent: (event) => {
        const received = decodeLocal(event, topic);
        if (!received || (others && this.#tag.isOwn(received.message))) return;
        handler({ topic: received.topic, message: this.#tag.unmark(received.message) });
      },
    });
    subscribing.catch(stopMarking);
    const subscription = await subscribing;
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

  async subscribeIot(
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
    const value = await this.#configuration.read(keyPath, component);
    if (keyPath.length === 0 && component === undefined) this.#watch.handedOut(value);
    return value;
  }

  mergeConfiguration(keyPath: readonly string[], value: unknown): Promise<void> {
    return this.#configuration.merge(keyPath, value);
  }

  getSecret(secretId: string): Promise<string> {
    return readSecret(this.#caller, secretId);
  }

  onConfiguration(handler: (configuration: unknown) => void): Promise<Subscription> {
    return this.#watch.add(handler);
  }

  onConfigurationChange(component: string, handler: () => void): Promise<Subscription> {
    return this.#book.subscribe({
      operation: 'SubscribeToConfigurationUpdate',
      request: { componentName: component, keyPath: [] },
      onEvent: handler,
    });
  }

  validateConfiguration(check: ConfigurationCheck): Promise<Subscription> {
    return this.#questions.validity(check);
  }

  onComponentUpdate(answer: UpdateAnswer): Promise<Subscription> {
    return this.#questions.update(answer);
  }

  async updateState(state: 'RUNNING' | 'ERRORED'): Promise<void> {
    await this.#caller.call('UpdateState', { state });
  }

  async close(): Promise<void> {
    this.#heartbeat?.stop();
    this.#watch.stop();
    await this.#keeper.close();
    await this.#book.close();
  }

  #marked(topic: string, message: unknown): unknown {
    const isObject = typeof message === 'object' && message !== null && !Array.isArray(message);
    return isObject && !(message instanceof Uint8Array) ? this.#tag.mark(topic, message) : message;
  }
}

function notReady(reason: string): EdgeError {
  return ipcErrors.error('ipc.timeout', `no connection to the nucleus: ${reason}`);
}
