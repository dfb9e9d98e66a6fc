import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { cliErrors } from '../errors.ts';

/** How command-line clients reach a nucleus: its socket and a token. */
export interface CliInfo {
  readonly socketPath: string;
  readonly token: string;
}

/** Both the local core and the nucleus' component aws.greengrass.Cli write this form, one file per user or group. */
const infoSchema = z.object({ cli_auth_token: z.string().min(1), domain_socket_path: z.string().min(1) });

/**
 * Reads the first usable file of `<root>/cli_ipc_info`.
 *
 * @throws EdgeError `cli.no-core` if no core runs below `root`, or its files may not be read.
 */
export async function readCliInfo(root: string): Promise<CliInfo> {
  const folder = path.join(root, 'cli_ipc_info');
  const names = await readdir(folder).catch(() => []);
  for (const name of names.sort()) {
    const text = await readFile(path.join(folder, name), 'utf8').catch(() => '');
    const info = infoSchema.safeParse(parsed(text));
    if (info.success) return { socketPath: info.data.domain_socket_path, token: info.data.cli_auth_token };
  }
  const reason = names.length === 0 ? `${folder} holds no file` : `no file of ${folder} can be read by this user`;
  throw cliErrors.error('cli.no-core', `no core is running below ${root}: ${reason}`, { facts: { root } });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
