import { offlineIpc } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';

interface RecordedMessage {
  readonly plane: 'mqtt' | 'local';
  readonly topic: string;
  readonly message: unknown;
}

export interface RecordingIpc extends IpcSession {
  /** Everything that was published, in order. */
  readonly messages: RecordedMessage[];
  /** Thrown by every publish while set. */
  fault: Error | undefined;
  configuration: unknown;
  /** Changes the configuration as a deployment does. */
  deploy(configuration: unknown): void;
  /** Answers of the component to a configuration that is to be validated: a reason to reject, or undefined. */
  validate(configuration: unknown): Promise<string | undefined>;
}

/** A session that remembers what a component says and tells it what the test wants. */
export function recordingIpc(configuration: unknown = {}): RecordingIpc {
  const handlers = new Set<(configuration: unknown) => void>();
  let check: (configuration: unknown) => string | undefined | Promise<string | undefined> = () => undefined;
  const publish = (plane: 'mqtt' | 'local', topic: string, message: unknown): void => {
    if (ipc.fault) throw ipc.fault;
    ipc.messages.push({ plane, topic, message });
  };
  const ipc: RecordingIpc = Object.assign(offlineIpc(), {
    messages: [] as RecordedMessage[],
    fault: undefined as Error | undefined,
    configuration,
    getConfiguration: async () => ipc.configuration,
    publishLocal: async (topic: string, message: unknown) => publish('local', topic, message),
    publishIot: async (topic: string, payload: Uint8Array | string) =>
      publish('mqtt', topic, JSON.parse(payload.toString())),
    onConfiguration: async (handler: (configuration: unknown) => void) => {
      handlers.add(handler);
      return { close: async () => void handlers.delete(handler) };
    },
    validateConfiguration: async (answer: typeof check) => {
      check = answer;
      return { close: async () => undefined };
    },
    validate: async (wanted: unknown) => check(wanted),
    deploy: (wanted: unknown) => {
      ipc.configuration = wanted;
      for (const handler of handlers) handler(wanted);
    },
  });
  return ipc;
}
