import { closeSync, readSync } from 'node:fs';
import { DescriptorReceiver, DescriptorSender } from '#packages/posix';
import type { ImageFile } from '../../picture/image-file.ts';

/** The parts of a model's process that read files. */
export type FileReaderName = 'runner' | 'preparer';

/** How much of a file there is to read; its descriptor comes by the reader's door, with the request's id as tag. */
export interface FileReference {
  readonly bytes: number;
}

/** Ways by which image files reach a model's process as open descriptors, one for each of its threads: it can open nothing itself. */
export class FileDoors {
  readonly #senders: Readonly<Record<FileReaderName, DescriptorSender>>;

  /** Undefined if this system cannot hand descriptors on: the agent then reads files itself. */
  static open(): FileDoors | undefined {
    try {
      const runner = DescriptorSender.open();
      try {
        return new FileDoors({ runner, preparer: DescriptorSender.open() });
      } catch (thrown) {
        runner.close();
        throw thrown;
      }
    } catch {
      return undefined;
    }
  }

  private constructor(senders: Readonly<Record<FileReaderName, DescriptorSender>>) {
    this.#senders = senders;
  }

  /** For the child's `stdio`. */
  childFd(reader: FileReaderName): number {
    return this.#senders[reader].otherFd;
  }

  /** The child has its side. */
  handedOver(): void {
    for (const sender of Object.values(this.#senders)) sender.closeOther();
  }

  /** @returns undefined if the child takes none for now */
  send(reader: FileReaderName, request: number, file: ImageFile): FileReference | undefined {
    const sent = file.lend((fd) => this.#senders[reader].send(request, fd));
    return sent ? { bytes: file.bytes } : undefined;
  }

  close(): void {
    for (const sender of Object.values(this.#senders)) sender.close();
  }
}

/** The child's side. */
export class FileReader {
  readonly #door: DescriptorReceiver;
  readonly #lent = new Set<ArrayBuffer>();
  #spare: Buffer<ArrayBuffer> = Buffer.alloc(0);

  constructor(fd: number) {
    this.#door = new DescriptorReceiver(fd);
  }

  /** The file's bytes, in memory that is used again once it is given back. */
  read(request: number, { bytes }: FileReference): Uint8Array<ArrayBuffer> {
    const fd = this.#door.receive(request);
    try {
      const memory = this.#take(bytes);
      let filled = 0;
      while (filled < bytes) {
        const read = readSync(fd, memory, filled, bytes - filled, filled);
        // It became shorter: the decoder says what is wrong with it.
        if (read === 0) break;
        filled += read;
      }
      return memory.subarray(0, filled);
    } finally {
      closeSync(fd);
    }
  }

  /** Values from elsewhere are left alone. */
  giveBack(memory: ArrayBuffer): void {
    if (this.#lent.delete(memory) && memory.byteLength > this.#spare.length) this.#spare = Buffer.from(memory);
  }

  #take(bytes: number): Buffer<ArrayBuffer> {
    let memory = this.#spare;
    this.#spare = Buffer.alloc(0);
    if (memory.length < bytes) memory = Buffer.allocUnsafeSlow(Math.ceil(1.5 * bytes));
    this.#lent.add(memory.buffer);
    return memory;
  }
}
