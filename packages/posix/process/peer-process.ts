import { readFileSync } from 'node:fs';

import { libc } from '../libc/libc.ts';

/** sys/socket.h of Linux, and `struct ucred` of unix(7): pid, uid and gid, 4 bytes each. */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const UCRED_BYTES = 12;
/** As many words of a command line tell programs apart: `python3 app.py`. */
const WORDS = 2;

/** The process on the other end of a Unix socket, as it was when it connected. */
export interface PeerProcess {
  readonly pid: number;
  readonly uid: number;
  /** First words of its command line, e.g. `python3 /opt/app/main.py`; undefined if it has ended, or belongs to somebody else. */
  readonly command: string | undefined;
}

/** Undefined on other systems than Linux, and for a process of another PID namespace. @param fd of a connected Unix socket */
export function peerProcess(fd: number): PeerProcess | undefined {
  const credentials = new Uint8Array(UCRED_BYTES);
  try {
    const length = new Uint8Array(Uint32Array.of(UCRED_BYTES).buffer);
    if (libc().getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length) === -1) return undefined;
  } catch {
    return undefined;
  }
  const [pid, uid] = new Uint32Array(credentials.buffer);
  return pid ? { pid, uid: uid ?? 0, command: commandOf(pid) } : undefined;
}

function commandOf(pid: number): string | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    return words.length === 0 ? undefined : words.slice(0, WORDS).join(' ');
  } catch {
    return undefined;
  }
}
