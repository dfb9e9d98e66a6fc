import { isAbsolute, relative, resolve, win32 } from 'node:path';
import { httpErrors } from './errors.ts';

/** `sun_path` without its closing NUL: 108 bytes on Linux (unix(7)), 104 on macOS (sys/un.h). */
const MAX_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

/**
 * The form of a Unix socket's path that the system can bind and connect to: the path itself, or, where that is too
 * long, the path relative to the working directory. Named pipes pass unchanged; on Windows any other path becomes the
 * name of a pipe, the same one for server and client.
 *
 * @throws EdgeError `socket.path-too-long`
 */
export function reachableSocketPath(
  path: string,
  workingDirectory = process.cwd(),
  platform: NodeJS.Platform = process.platform,
): string {
  if (isNamedPipe(path)) return path;
  if (platform === 'win32') return pipeOf(path, workingDirectory);
  if (fitsSocket(path)) return path;
  const short = isAbsolute(path) ? relative(workingDirectory, path) : path;
  if (fitsSocket(short)) return short;
  const bytes = Buffer.byteLength(short);
  throw httpErrors.error(
    'socket.path-too-long',
    `socket path ${path} is too long: ${bytes} bytes from ${workingDirectory}, the system allows ${MAX_PATH_BYTES}`,
    { facts: { path, workingDirectory, bytes, allowed: MAX_PATH_BYTES } },
  );
}

/** Path of the socket that a setting names: a named pipe, an absolute path, or a path in the work folder. */
export function socketPathOf(workFolder: string, setting: string): string {
  return isNamedPipe(setting) ? setting : resolve(workFolder, setting);
}

/** File name of the agent's administration socket. */
const ADMINISTRATION_SOCKET = 'admin.sock';

/** Where the agent's administration socket lies if its settings do not say otherwise: in the folder of the one for inference. */
export function administrationSocketBeside(inferenceSocket: string): string {
  return beside(inferenceSocket, ADMINISTRATION_SOCKET);
}

/** File name of the socket on which a component answers the console, and only processes of the component's own user. */
export const CONSOLE_SOCKET = 'console.sock';

/** Where a component's socket for the console lies: in the folder of its other one. */
export function consoleSocketBeside(socket: string): string {
  return beside(socket, CONSOLE_SOCKET);
}

function beside(socket: string, file: string): string {
  return socket.replace(/[^\\/]*$/, file);
}

export function isNamedPipe(path: string): boolean {
  return /^\\\\[.?]\\pipe\\/i.test(path);
}

/** Names of pipes have no folders, and paths on Windows no case. */
function pipeOf(path: string, workingDirectory: string): string {
  const absolute = win32.resolve(workingDirectory, path).toLowerCase();
  return `\\\\.\\pipe\\${absolute.replace(/[^a-z0-9._]+/g, '-')}`;
}

/** Whether the system can bind and connect to a Unix socket at this very path. */
export function fitsSocket(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_PATH_BYTES;
}
