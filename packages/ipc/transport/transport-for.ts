import { crtTransport } from './crt-transport.ts';
import type { CrtTransportOptions } from './crt-transport.ts';
import type { NucleusTransport } from './nucleus-transport.ts';
import { socketTransport } from './socket/socket-transport.ts';

/** The official client; on 32-bit ARM, for which aws-crt has no build, the protocol over a plain socket. */
export function transportFor(options: CrtTransportOptions, arch: string = process.arch): NucleusTransport {
  return arch === 'arm' ? socketTransport(options) : crtTransport(options);
}
