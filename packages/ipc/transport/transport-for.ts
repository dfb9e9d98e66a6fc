import { ipcErrors } from '../errors.ts';
import { crtTransport } from './crt-transport.ts';
import type { CrtTransportOptions } from './crt-transport.ts';
import type { NucleusTransport } from './nucleus-transport.ts';
import { socketTransport } from './socket/socket-transport.ts';

const TRANSPORTS = { socket: socketTransport, sdk: crtTransport } as const;

/**
 * The nucleus' protocol over a plain socket. With `EDGEML_IPC_TRANSPORT` set to `sdk`, it is the client of the AWS IoT device SDK
 * instead, whose native part (aws-crt 1.33) has been seen to end the process when the nucleus stops. On Windows that client is the
 * default: the plain socket is untried on the named pipes of a nucleus.
 *
 * @param chosen value of `EDGEML_IPC_TRANSPORT`, in any case of letters
 * @throws EdgeError `ipc.unknown-transport`
 */
export function transportFor(
  options: CrtTransportOptions,
  chosen?: string,
  platform: NodeJS.Platform = process.platform,
): NucleusTransport {
  const name = chosen?.toLowerCase() ?? (platform === 'win32' ? 'sdk' : 'socket');
  if (name === 'socket' || name === 'sdk') return TRANSPORTS[name](options);
  throw ipcErrors.error('ipc.unknown-transport', `EDGEML_IPC_TRANSPORT is "${chosen}", neither "socket" nor "sdk"`);
}
