import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { posixErrors } from '../errors.ts';
import { failure } from '../libc/failure.ts';
import { libc } from '../libc/libc.ts';
import type { MessageHeader } from '../libc/libc.ts';
import { CONTROL_BYTES, readControlMessage, writeControlMessage } from './control-message.ts';

/** sys/socket.h on Linux. */
const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
/** A tag. */
const MESSAGE_BYTES = 4;

/**
 * The sending side of a socket on which open files go to a process that was started from here. The other side is inherited: whoever
 * cannot open anything can still read what it is given.
 */
export class DescriptorSender {
  /** For the child's `stdio`; to be closed with `closeOther` once the child has it. */
  readonly otherFd: number;
  readonly #fd: number;
  #closed = false;
  #otherClosed = false;

  /** @throws EdgeError `posix.unsupported`, `posix.failed` */
  static open(): DescriptorSender {
    const pair = Buffer.alloc(8);
    if (libc().socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) === -1) {
      throw failure('cannot make a socket for descriptors', 'socketpair', libc().errno());
    }
    return new DescriptorSender(pair.readInt32LE(0), pair.readInt32LE(4));
  }

  private constructor(fd: number, otherFd: number) {
    this.#fd = fd;
    this.otherFd = otherFd;
  }

  /**
   * Sends a duplicate: the one here may be closed as soon as this returns.
   * @param tag unsigned, 32 bits: what the descriptor is for
   * @returns false if the other side takes no more for now, or is gone
   */
  send(tag: number, fd: number): boolean {
    if (this.#closed) return false;
    const bytes = Buffer.alloc(MESSAGE_BYTES);
    bytes.writeUInt32LE(tag);
    return libc().sendmsg(this.#fd, header(bytes, writeControlMessage(fd)), MSG_DONTWAIT | MSG_NOSIGNAL) !== -1;
  }

  closeOther(): void {
    if (this.#otherClosed) return;
    this.#otherClosed = true;
    closeSync(this.otherFd);
  }

  close(): void {
    this.closeOther();
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }
}

/** The inherited side. */
export class DescriptorReceiver {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Takes the next descriptor, which has been sent already; the caller closes it.
   * @throws EdgeError `descriptor.missing` if there is none or it has another tag
   */
  receive(tag: number): number {
    const bytes = Buffer.alloc(MESSAGE_BYTES);
    const control = Buffer.alloc(CONTROL_BYTES);
    const count = libc().recvmsg(this.#fd, header(bytes, control), MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count === -1 && libc().errno() !== constants.errno.EAGAIN) {
      throw failure('cannot take a descriptor', 'recvmsg', libc().errno());
    }
    const fd = readControlMessage(control);
    if (fd !== undefined && count === MESSAGE_BYTES && bytes.readUInt32LE() === tag) return fd;
    if (fd !== undefined) closeSync(fd);
    throw posixErrors.error('descriptor.missing', `the descriptor ${tag} was not sent`);
  }
}

function header(bytes: Buffer, control: Buffer): MessageHeader {
  return {
    name: null,
    namelen: 0,
    iov: { base: bytes, len: bytes.length },
    iovlen: 1,
    control,
    controllen: control.length,
    flags: 0,
  };
}
