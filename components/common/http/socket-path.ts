import { isAbsolute, relative } from 'node:path';
import { agentErrors } from './errors.ts';

/** `sun_path` without its closing NUL: 108 bytes on Linux (unix(7)), 104 on macOS (sys/un.h). */
const MAX_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

/**
 * The form of a Unix socket's path that the system can bind and connect to: the path itself, or, where that is too
 * long, the path relative to the working directory. Windows named pipes pass unchanged.
 *
 * @throws EdgeError `agent.socket-path-too-long`
 */
export function reachableSocketPath(path: string, workingDirectory = process.cwd()): string {
  if (isNamedPipe(path) || fits(path)) return path;
  const short = isAbsolute(path) ? relative(workingDirectory, path) : path;
  if (fits(short)) return short;
  const bytes = Buffer.byteLength(short);
  throw agentErrors.error(
    'agent.socket-path-too-long',
    `socket path ${path} is too long: ${bytes} bytes from ${workingDirectory}, the system allows ${MAX_PATH_BYTES}`,
    { facts: { path, workingDirectory, bytes, allowed: MAX_PATH_BYTES } },
  );
}

export function isNamedPipe(path: string): boolean {
  return /^\\\\[.?]\\pipe\\/i.test(path);
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_PATH_BYTES;
}
