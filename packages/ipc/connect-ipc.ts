import { offlineIpc } from './offline-ipc.ts';
import type { IpcSession } from './session.ts';
import { NucleusSession } from './session/nucleus-session.ts';
import { resolveOptions } from './session/options.ts';
import type { IpcOptions } from './session/options.ts';
import { transportFor } from './transport/transport-for.ts';

export type { IpcOptions } from './session/options.ts';

/**
 * The process' session with the nucleus. Starts connecting at once and never stops trying; await `ready()` for the first connection.
 * Not under a nucleus (no `SVCUID`) it is a no-op that counts as connected.
 *
 * @throws EdgeError `ipc.unknown-transport`
 *
 * @example
 * const ipc = connectIpc({ component: 'edgeml.InferenceApp', environment: readEnvironment(), log, onGiveUp: endProcess });
 * await ipc.ready();
 */
export function connectIpc(options: IpcOptions): IpcSession {
  const transport = options.transport ?? transportOf(options);
  return transport ? new NucleusSession(resolveOptions(options, transport)) : offlineIpc();
}

function transportOf({ environment: { ipcSocket, ipcToken, ipcTransport } }: IpcOptions) {
  return ipcSocket !== undefined && ipcToken !== undefined
    ? transportFor({ socketPath: ipcSocket, token: ipcToken }, ipcTransport)
    : undefined;
}
