import { createHash } from 'node:crypto';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fitsSocket } from '#packages/http';
import type { CorePaths } from './paths.ts';

/** How the IPC socket is reached. */
export interface IpcSocketPaths {
  /** Where the server listens; always short enough for the system. */
  readonly listen: string;
  /** Absolute path below the root, a link where the root's own path is too long. */
  readonly absolute: string;
  /** The path for components: relative to their working directory where the absolute path is too long. */
  readonly forComponent: string;
  /** Removes what was made for it. */
  release(): Promise<void>;
}

/** As the nucleus: a socket whose path is too long lies elsewhere, and `<root>/ipc.socket` is a link to it. */
export async function ipcSocketPaths(paths: CorePaths, strictLite: boolean): Promise<IpcSocketPaths> {
  const name = strictLite ? 'gg-ipc.socket' : 'ipc.socket';
  const absolute = path.join(paths.root, name);
  if (fitsSocket(absolute)) {
    return { listen: absolute, absolute, forComponent: absolute, release: async () => undefined };
  }
  const folder = path.join(tmpdir(), `edgeml-${createHash('sha256').update(paths.root).digest('hex').slice(0, 12)}`);
  const listen = path.join(folder, name);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await rm(absolute, { force: true });
  await symlink(listen, absolute);
  const release = async (): Promise<void> => {
    await rm(absolute, { force: true });
    await rm(folder, { recursive: true, force: true });
  };
  return { listen, absolute, forComponent: path.join('..', '..', name), release };
}
