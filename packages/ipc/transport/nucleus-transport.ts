/** The line to the nucleus, as thin as the SDK gives it: single-use connections, no retries, no time-outs. */
export interface NucleusTransport {
  /**
   * One connection, handshake done.
   *
   * @throws NucleusFault of kind `refused`, `dropped` or `unreachable`; whatever it throws when aborted.
   */
  open(onClosed: (reason: string) => void, signal: AbortSignal): Promise<NucleusConnection>;
}

export interface NucleusConnection {
  /** @throws NucleusFault of kind `service` or `lost`. */
  call(operation: CallOperation, request: object): Promise<unknown>;
  /** Resolves when the nucleus has accepted the subscription. @throws NucleusFault of kind `service` or `lost`. */
  stream(operation: StreamOperation, request: object, events: StreamEvents): Promise<NucleusStream>;
  /** Never rejects. `onClosed` is not called for it. */
  close(): Promise<void>;
}

export interface StreamEvents {
  readonly onEvent: (event: unknown) => void;
  /** The nucleus ended this stream; the connection may live on. */
  readonly onEnded: () => void;
}

export interface NucleusStream {
  /** Never rejects. */
  close(): Promise<void>;
}

export type CallOperation =
  | 'PublishToTopic'
  | 'PublishToIoTCore'
  | 'GetConfiguration'
  | 'GetSecretValue'
  | 'UpdateConfiguration'
  | 'SendConfigurationValidityReport'
  | 'DeferComponentUpdate'
  | 'UpdateState';

export type StreamOperation =
  | 'SubscribeToTopic'
  | 'SubscribeToIoTCore'
  | 'SubscribeToConfigurationUpdate'
  | 'SubscribeToValidateConfigurationUpdates'
  | 'SubscribeToComponentUpdates';

export type IpcOperation = CallOperation | StreamOperation;

/**
 * `refused`: the nucleus answered the handshake with no. `dropped`: it hung up instead of answering, which is how
 * nucleus lite refuses a token. `unreachable`: no socket, nobody listening. `lost`: the connection ended under the call.
 * `service`: the nucleus answered with an error of its model, whose name is `errorCode`.
 */
export type FaultKind = 'refused' | 'dropped' | 'unreachable' | 'lost' | 'service';

export class NucleusFault extends Error {
  override readonly name = 'NucleusFault';
  readonly kind: FaultKind;
  /** `UnauthorizedError`, `ServiceError`, `ResourceNotFoundError`, …; empty for other kinds. */
  readonly errorCode: string;

  constructor(
    kind: FaultKind,
    message: string,
    options: { readonly errorCode?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.errorCode = options.errorCode ?? '';
  }
}
