/** A component's environment. Nothing outside of this file touches `process.env`. */
export interface Environment {
  /** `SVCUID`: the component's IPC token. Undefined when not started by a nucleus. */
  readonly ipcToken: string | undefined;
  /** `AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT`; may be relative to the working directory. */
  readonly ipcSocket: string | undefined;
  /**
   * Which nucleus started this process, told by `AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH`: the Java nucleus sets it, nucleus lite (2.6) does not.
   * Undefined when none did.
   */
  readonly nucleus: 'java' | 'lite' | undefined;
  /** `EDGEML_IPC_TRANSPORT`: `socket` or `sdk`, how the nucleus is spoken to; see `transportFor` of packages/ipc. */
  readonly ipcTransport: string | undefined;
  /** `AWS_IOT_THING_NAME`, default `local`. */
  readonly thingName: string;
  /** `GGC_VERSION`; undefined when not started by a nucleus. */
  readonly nucleusVersion: string | undefined;
  /** `AWS_REGION`, else `AWS_DEFAULT_REGION`. */
  readonly region: string | undefined;
  /** `EDGEML_PROVIDERS`: execution-provider ladder that the platform's manifest sets, e.g. `['cuda', 'cpu']`. Empty when unset. */
  readonly providers: readonly string[];
  /** `EDGEML_AGENT_SOCKET`: the agent's HTTP socket for inference. */
  readonly agentSocket: string | undefined;
  /** `EDGEML_ADMIN_SOCKET`: the agent's HTTP socket for administration. */
  readonly adminSocket: string | undefined;
  /** `EDGEML_APP_SOCKET`: the application's HTTP socket. */
  readonly appSocket: string | undefined;
  /** `EDGEML_FEEDBACK_SOCKET`: the feedback uploader's HTTP socket. */
  readonly feedbackSocket: string | undefined;
  /** `EDGEML_SUPERVISED`: what `run.sh` calls the agent's version; undefined if it did not start this process. */
  readonly supervised: string | undefined;
  /** `EDGEML_CRASHES`: how often the agent has crashed of late, told by `run.sh`. */
  readonly crashes: number;
  /** `EDGEML_MAX_MESSAGE_BYTES`: the largest message that the nucleus carries, set by the manifests of nucleus lite. */
  readonly maxMessageBytes: number | undefined;
  /** `EDGEML_CONFINEMENT`: what the process of a model may touch, told by the agent. */
  readonly confinement: string | undefined;
  /** `EDGEML_DATA_BYTES`: private writable memory of a model's process before it was confined, in bytes. The process sets it itself. */
  readonly dataBytes: number | undefined;
  /** `AWS_CONTAINER_CREDENTIALS_FULL_URI`: where the token exchange service gives keys of the device's role. */
  readonly credentialsUri: string | undefined;
  /** `AWS_CONTAINER_AUTHORIZATION_TOKEN`: what that service asks for. */
  readonly credentialsToken: string | undefined;
}

/** Empty values count as unset. `variables` is a parameter for tests. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const value = (name: string): string | undefined => variables[name]?.trim() || undefined;
  const ipcSocket = value('AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT');
  return {
    ipcToken: value('SVCUID'),
    ipcSocket,
    nucleus: ipcSocket === undefined ? undefined : value('AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH') ? 'java' : 'lite',
    ipcTransport: value('EDGEML_IPC_TRANSPORT'),
    thingName: value('AWS_IOT_THING_NAME') ?? 'local',
    nucleusVersion: value('GGC_VERSION'),
    region: value('AWS_REGION') ?? value('AWS_DEFAULT_REGION'),
    providers: wordList(value('EDGEML_PROVIDERS')),
    agentSocket: value('EDGEML_AGENT_SOCKET'),
    adminSocket: value('EDGEML_ADMIN_SOCKET'),
    appSocket: value('EDGEML_APP_SOCKET'),
    feedbackSocket: value('EDGEML_FEEDBACK_SOCKET'),
    supervised: value('EDGEML_SUPERVISED'),
    crashes: Number(value('EDGEML_CRASHES')) || 0,
    maxMessageBytes: Number(value('EDGEML_MAX_MESSAGE_BYTES')) || undefined,
    confinement: value('EDGEML_CONFINEMENT'),
    dataBytes: Number(value('EDGEML_DATA_BYTES')) || undefined,
    credentialsUri: value('AWS_CONTAINER_CREDENTIALS_FULL_URI'),
    credentialsToken: value('AWS_CONTAINER_AUTHORIZATION_TOKEN'),
  };
}

/**
 * Keeps ONNX Runtime (1.30) from sending usage data over the network and from the files `.ses` and `mat-debug-….log` that it
 * leaves in the temporary folder for that; whoever has set `ORT_DISABLE_TELEMETRY` decides for themselves. To be called in the main
 * thread, before the library is loaded: the environment of a worker is a copy that native code does not see.
 */
export function disableOnnxTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
}

/** Keeps the AWS SDK from printing which versions of Node.js it supports at every command: `edgeml version` and the README say it once. */
export function quietAwsSdk(): void {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
}

/**
 * The environment of a child that must not act in the component's name: without the IPC token, without credentials and the way to
 * them. Variables that locate programs, libraries and drivers stay.
 */
export function childEnvironment(variables: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !NOT_FOR_CHILDREN.test(name)));
}

/** Certificates are for the network, which these processes do not have; what the parent has compiled is out of their reach. */
const NOT_FOR_CHILDREN =
  /^(SVCUID|AWS_.*|.*(TOKEN|SECRET|PASSWORD|CREDENTIAL).*|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE)$/i;

function wordList(text: string | undefined): readonly string[] {
  const words = text?.split(',').map((word) => word.trim().toLowerCase()) ?? [];
  return words.filter((word) => word !== '');
}
