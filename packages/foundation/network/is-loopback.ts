import { isIPv4 } from 'node:net';

/** Whether a host, as a setting or a URL has it, is this machine: nothing that is sent there crosses a network. */
export function isLoopback(host: string): boolean {
  return ['localhost', '::1', '[::1]'].includes(host) || (isIPv4(host) && host.startsWith('127.'));
}
