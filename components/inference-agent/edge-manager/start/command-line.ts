import { lstat, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { agentErrors } from '../../errors.ts';
import { socketPathOf } from '../server/socket-address.ts';

/** How the agent was started by hand; the short words are those of the old agent's command line. */
export interface CommandLine {
  /** `--configuration FILE` or `-c FILE`: JSON. */
  readonly configurationFile: string | undefined;
  /** `-a PATH`: socket for clients of Edge Manager, path or `unix:` URL. */
  readonly socket: string | undefined;
  /** `-f`: a socket file that is there is removed. */
  readonly force: boolean;
}

/** @throws TypeError for words that are unknown */
export function parseCommandLine(words: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...words],
    options: {
      configuration: { type: 'string', short: 'c' },
      address: { type: 'string', short: 'a' },
      force: { type: 'boolean', short: 'f', default: false },
    },
  });
  return { configurationFile: values.configuration, socket: values.address, force: values.force };
}

/** The configuration with what the command line says on top. */
export function withCommandLine(configuration: unknown, { socket }: CommandLine): unknown {
  if (socket === undefined) return configuration;
  return { ...(configuration as object), EdgeManager: 'on', UnixSocketName: socket };
}

/**
 * As the old agent: a socket file named by `-a` must not be there yet, unless `-f` says to remove it.
 * @throws EdgeError `edge-manager.socket-exists`
 */
export async function claimSocket({ socket, force }: CommandLine, workFolder: string): Promise<void> {
  if (socket === undefined) return;
  const path = socketPathOf(socket, workFolder);
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (force && found.isSocket()) return rm(path, { force: true });
  const what = found.isSocket() ? 'the socket is there already' : 'there is a file that is no socket';
  throw agentErrors.error('edge-manager.socket-exists', `${what}: ${path}`, { facts: { path } });
}
