import { lstat, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { socketAnswers } from '#packages/http';

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
  /** `-m BYTES`: larger gRPC requests are refused; undefined: as configured. */
  readonly maxMessageBytes: number | undefined;
}

const MB = 1024 ** 2;

/** @throws TypeError for an unknown word, or a value of `-m` that is not a number */
export function parseCommandLine(words: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...words],
    options: {
      configuration: { type: 'string', short: 'c' },
      address: { type: 'string', short: 'a' },
      force: { type: 'boolean', short: 'f', default: false },
      'max-message-bytes': { type: 'string', short: 'm' },
    },
  });
  const { configuration, address, force, 'max-message-bytes': bytes } = values;
  return { configurationFile: configuration, socket: address, force, maxMessageBytes: bytesOf(bytes) };
}

/** The configuration with what the command line says on top. */
export function withCommandLine(configuration: unknown, { socket, maxMessageBytes }: CommandLine): unknown {
  return {
    ...(configuration as object),
    ...(socket === undefined ? {} : { EdgeManager: 'on', UnixSocketName: socket }),
    ...(maxMessageBytes === undefined ? {} : { MaxMessageMB: Math.ceil(maxMessageBytes / MB) }),
  };
}

/**
 * As the old agent: the socket named by `-a` must not be there yet, unless `-f` says to remove it. A socket on which nobody listens does
 * not count: a killed process left it.
 * @throws EdgeError `edge-manager.socket-exists`
 */
export async function claimSocket({ socket, force }: CommandLine, workFolder: string): Promise<void> {
  if (socket === undefined) return;
  const path = socketPathOf(socket, workFolder);
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (found.isSocket() && (force || !(await socketAnswers(path)))) return rm(path, { force: true });
  const what = found.isSocket() ? 'another process listens on the socket' : 'there is a file that is not a socket';
  throw agentErrors.error('edge-manager.socket-exists', `${what}: ${path}`, { facts: { path } });
}

function bytesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new TypeError(`-m takes a number of bytes, not "${text}"`);
}
