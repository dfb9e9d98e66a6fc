import { readFile, readdir, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { writeAtomically } from './files/json-file.ts';
import { corePaths } from './paths.ts';

/** How a command-line client reaches a running core. */
export interface CliInfo {
  readonly authToken: string;
  readonly socketPath: string;
}

const schema = z.object({ cli_auth_token: z.string(), domain_socket_path: z.string() });

/** Writes `<root>/cli_ipc_info/user-<uid>`, readable by the owner alone, in the form that greengrass-cli reads. */
export async function writeCliInfo(folder: string, info: CliInfo): Promise<() => Promise<void>> {
  const file = path.join(folder, `user-${userInfo().uid}.json`);
  const content = { cli_auth_token: info.authToken, domain_socket_path: info.socketPath };
  await writeAtomically(file, JSON.stringify(content));
  return () => rm(file, { force: true });
}

/** Reads what the core on this root wrote; undefined where none runs. */
export async function readCliInfo(root: string): Promise<CliInfo | undefined> {
  const folder = corePaths(root).cliInfo;
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.endsWith('.json'))) {
    const text = await readFile(path.join(folder, name), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const info = schema.safeParse(JSON.parse(text));
    if (info.success) return { authToken: info.data.cli_auth_token, socketPath: info.data.domain_socket_path };
  }
  return undefined;
}
