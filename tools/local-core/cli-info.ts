import { rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { writeCoreFile } from './files/json-file.ts';

/** How a command-line client reaches a running core. */
export interface CliInfo {
  readonly authToken: string;
  readonly socketPath: string;
}

/** Writes `<root>/cli_ipc_info/user-<uid>.json`, readable by the owner alone, in the form that greengrass-cli reads. */
export async function writeCliInfo(folder: string, info: CliInfo): Promise<() => Promise<void>> {
  const file = path.join(folder, `user-${userInfo().uid}.json`);
  const content = { cli_auth_token: info.authToken, domain_socket_path: info.socketPath };
  await writeCoreFile(file, JSON.stringify(content));
  return () => rm(file, { force: true });
}
