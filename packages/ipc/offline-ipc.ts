import { noSecret } from './session/secret.ts';
import type { IpcSession, IpcState, Subscription } from './session.ts';

/** A session for processes that no nucleus started: says nothing, hears nothing, has an empty configuration. */
export function offlineIpc(): IpcSession {
  let state: IpcState = 'connected';
  const nothing: Subscription = { close: async () => undefined };
  return {
    get state() {
      return state;
    },
    ready: async () => undefined,
    onState: () => () => undefined,
    publishLocal: async () => undefined,
    subscribeLocal: async () => nothing,
    publishIot: async () => undefined,
    subscribeIot: async () => nothing,
    getConfiguration: async (keyPath = []) => (keyPath.length === 0 ? {} : undefined),
    mergeConfiguration: async () => undefined,
    getSecret: async (secretId) => {
      throw noSecret(secretId, 'no nucleus started this process');
    },
    onConfiguration: async () => nothing,
    onConfigurationChange: async () => nothing,
    validateConfiguration: async () => nothing,
    onComponentUpdate: async () => nothing,
    updateState: async () => undefined,
    close: async () => {
      state = 'closed';
    },
  };
}
