import { endianness } from 'node:os';

/** sys/socket.h on Linux. */
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const WORD = process.arch === 'arm' ? 4 : 8;
/** `CMSG_LEN` and `CMSG_SPACE` of one descriptor: a length of a word, level and type, the descriptor, filled up to whole words. */
const LENGTH = WORD + 12;
export const CONTROL_BYTES = Math.ceil(LENGTH / WORD) * WORD;

if (endianness() !== 'LE') throw new Error('control messages are written for little-endian machines only');

/** The control message (unix(7), `SCM_RIGHTS`) that takes one descriptor along. */
export function writeControlMessage(fd: number): Buffer {
  const message = Buffer.alloc(CONTROL_BYTES);
  message.writeUInt32LE(LENGTH, 0);
  message.writeInt32LE(SOL_SOCKET, WORD);
  message.writeInt32LE(SCM_RIGHTS, WORD + 4);
  message.writeInt32LE(fd, WORD + 8);
  return message;
}

/** The descriptor that came along, undefined if none did. */
export function readControlMessage(message: Buffer): number | undefined {
  const isOne =
    message.readUInt32LE(0) === LENGTH &&
    message.readInt32LE(WORD) === SOL_SOCKET &&
    message.readInt32LE(WORD + 4) === SCM_RIGHTS;
  return isOne ? message.readInt32LE(WORD + 8) : undefined;
}
