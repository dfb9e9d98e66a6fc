import { entry, errorCatalog } from '#packages/foundation';
import type { FaultKind, IpcOperation } from './transport/nucleus-transport.ts';

/** The request to the nucleus, for messages. */
export interface Asked {
  readonly component: string;
  readonly operation: IpcOperation;
  /** Topic or component that was asked for, if there is one. */
  readonly resource?: string;
}

/** Errors between a component and the nucleus. */
export const ipcErrors = errorCatalog({
  'ipc.bad-frame': {
    todo: 'The other side does not speak event-stream RPC: use a Greengrass IPC client of an AWS IoT device SDK, and the socket of a nucleus.',
  },
  'ipc.closed': { todo: 'The session was closed by the component itself; nothing to do at shutdown.' },
  'ipc.frame-too-large': entry<{ readonly bytes: number; readonly maxFrameBytes: number }>({
    todo: 'Keep messages small; hand large data over in a file or over a socket and publish its path.',
  }),
  'ipc.message-too-large': entry<{
    readonly topic: string;
    readonly frameBytes: number;
    readonly maxFrameBytes: number;
  }>({
    todo: 'Send less: nucleus lite drops frames over 10,000 bytes without a word. Images belong on the HTTP socket.',
  }),
  'ipc.no-secret': entry<{ readonly secretId: string }>({
    todo: 'Deploy aws.greengrass.SecretManager with this secret in its cloudSecrets, and name it by its ARN or its name. Nucleus lite does not have secrets: use a file there.',
  }),
  'ipc.not-an-object': entry<{ readonly topic?: string }>({
    todo: 'Local messages are JSON objects or bytes; put lists and single values into an object.',
  }),
  'ipc.nucleus-error': entry<Asked & { readonly kind: FaultKind; readonly errorCode: string }>({
    todo: 'The nucleus refused the operation for the named reason.',
  }),
  'ipc.overloaded': {
    todo: 'Too many calls wait for the connection to the nucleus. Publish less often, or drop messages while the state is not "connected".',
  },
  'ipc.refused': {
    todo: 'The nucleus does not know this process, or not any more (nucleus lite forgets all when ggl.core.ggipcd is restarted). The component ends with 1, so that it is started again with a new token.',
  },
  'ipc.stale': {
    todo: 'Subscriptions stopped delivering and new connections did not help. The component ends, so that the nucleus starts it again.',
  },
  'ipc.timeout': entry<Partial<Asked> & { readonly timeoutMs?: number }>({
    todo: 'The nucleus did not answer in time. Look at the load of the device and at the log of the nucleus.',
  }),
  'ipc.unauthorized': entry<
    Required<Asked> & { readonly service: string; readonly policyId: string; readonly statement: string }
  >({
    todo: 'Merge the named statement into the accessControl of the component with a deployment. New defaults of a recipe do not replace values that a device already has: reset /accessControl.',
  }),
  'ipc.unknown-transport': {
    todo: 'Set EDGEML_IPC_TRANSPORT to "socket" or "sdk" where the nucleus is started, or leave it out.',
  },
  'topic.invalid': entry<{ readonly topic: string; readonly what?: string }>({
    todo: 'Use at most 256 characters and 7 slashes; + and # only in subscriptions and only as whole levels.',
  }),
});
