import { failure } from '../libc/failure.ts';
import { libc } from '../libc/libc.ts';

/** fcntl.h; the same on every architecture that we run on. */
const O_CLOEXEC = 0o2000000;
const F_SETPIPE_SZ = 1031;
/** The size that fcntl(2) allows every user, unless somebody lowered it. */
const PIPE_BYTES = 1_048_576;

/** Both ends of a pipe; who made it closes them. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/**
 * A real pipe, as large as the system lets it be. What Node.js calls a pipe between processes is a pair of sockets, through which
 * large data take twice the CPU. Neither end is inherited, except as an element of `stdio`.
 *
 * @throws EdgeError `posix.unsupported`, `posix.failed`
 */
export function createPipe(): Pipe {
  const ends = Buffer.alloc(8);
  if (libc().pipe2(ends, O_CLOEXEC) === -1) throw failure('cannot make a pipe', 'pipe2', libc().errno());
  const readEnd = ends.readInt32LE(0);
  // A user who has many large pipes gets a small one, which is slower and just as good.
  libc().fcntl(readEnd, F_SETPIPE_SZ, PIPE_BYTES);
  return { readEnd, writeEnd: ends.readInt32LE(4) };
}
