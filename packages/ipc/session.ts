/** The nucleus as a component sees it. One session per process; everything a component says to the nucleus goes through it. */
export interface IpcSession {
  readonly state: IpcState;
  /** Resolves once connected for the first time; rejects when the token is refused or the time-out passes. */
  ready(signal?: AbortSignal): Promise<void>;
  onState(listener: (state: IpcState) => void): () => void;

  /**
   * Objects and bytes. On nucleus lite an object that is too large for a map there goes as the bytes of its JSON text; what this
   * session hears is an object again. The key `_sender` is the session's own.
   */
  publishLocal(topic: string, message: unknown): Promise<void>;
  /** Survives reconnects. Own messages are filtered when `receive` is `others`, on every nucleus. */
  subscribeLocal(
    topic: string,
    handler: (message: LocalMessage) => void,
    options?: { readonly receive?: 'all' | 'others' },
  ): Promise<Subscription>;

  publishIot(
    topic: string,
    payload: Uint8Array | string,
    options?: { readonly qos?: 0 | 1; readonly retain?: boolean },
  ): Promise<void>;
  subscribeIot(
    topicFilter: string,
    handler: (message: { readonly topic: string; readonly payload: Uint8Array }) => void,
    options?: { readonly qos?: 0 | 1 },
  ): Promise<Subscription>;

  /** Whole configuration, or the value at `keyPath`. */
  getConfiguration(keyPath?: readonly string[], component?: string): Promise<unknown>;
  mergeConfiguration(keyPath: readonly string[], value: unknown): Promise<void>;
  /** Called with the whole configuration when it differs from what was last read: after change events, after reconnects, and looked at now and then. */
  onConfiguration(handler: (configuration: unknown) => void): Promise<Subscription>;
  /**
   * Called when the nucleus tells that the configuration of another component has changed; what it is now is to be read. Rejects with
   * an error that `isMissing` if the nucleus does not have the component. Survives reconnects.
   */
  onConfigurationChange(component: string, handler: () => void): Promise<Subscription>;
  /** Answers the nucleus' validation requests; return a reason to reject. Optional: a no-op if the nucleus lacks it. */
  validateConfiguration(
    check: (configuration: unknown) => string | undefined | Promise<string | undefined>,
  ): Promise<Subscription>;

  /**
   * Text of a secret that `aws.greengrass.SecretManager` keeps on this device, in its current version. Nucleus lite does not have such a component.
   *
   * @param secretId name or ARN
   * @throws EdgeError `ipc.no-secret` if there is none of this name or this device does not keep secrets; `ipc.unauthorized`, `ipc.timeout`
   */
  getSecret(secretId: string): Promise<string>;

  /** Answers update notices; return milliseconds to defer, 0 to continue. Optional: a no-op if the nucleus lacks it. */
  onComponentUpdate(answer: () => { readonly deferMs: number; readonly message?: string }): Promise<Subscription>;
  updateState(state: 'RUNNING' | 'ERRORED'): Promise<void>;

  close(): Promise<void>;
}

export type IpcState = 'connecting' | 'connected' | 'disconnected' | 'refused' | 'closed';

export interface LocalMessage {
  readonly topic: string;
  /** Objects arrive parsed, also those that came as bytes or as a string of their JSON text; all other bytes as bytes. */
  readonly message: unknown;
}

export interface Subscription {
  close(): Promise<void>;
}
