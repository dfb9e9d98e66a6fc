import { FileReader } from './file-doors.ts';
import type { FileReference } from './file-doors.ts';
import type { AT_WORK, SlotReference } from './input-slots.ts';
import { CHILD_FD } from './messages.ts';
import type { ChildHas } from './messages.ts';
import { SlotReader } from './slot-reader.ts';

/** Where a picture is that a message tells of; in the message itself if neither is said. */
interface PictureReference {
  readonly id: number;
  readonly at?: SlotReference;
  readonly file?: FileReference;
}

/** Inputs as they reach one thread of a model's process, whichever way they came: always in memory of its own. */
export class Inputs {
  readonly has: ChildHas;
  readonly #slots: SlotReader | undefined;
  readonly #files: FileReader | undefined;

  /** @param filesFd where files come for this thread */
  constructor(has: ChildHas, filesFd: number) {
    this.has = has;
    this.#slots = has.slots ? new SlotReader(CHILD_FD.slots) : undefined;
    this.#files = has.files ? new FileReader(filesFd) : undefined;
  }

  image({ id, at, file }: PictureReference, blob: Buffer): Uint8Array<ArrayBuffer> {
    return file && this.#files ? this.#files.read(id, file) : this.bytes(at, blob);
  }

  bytes(at: SlotReference | undefined, blob: Buffer): Uint8Array<ArrayBuffer> {
    return at && this.#slots ? this.#slots.read(at) : new Uint8Array(blob);
  }

  /** The memory of an input that was answered. */
  giveBack(memory: ArrayBuffer | undefined): void {
    if (memory) this.#files?.giveBack(memory);
  }

  /** Says which request this thread is about to work on; 0 for none. */
  mark(who: (typeof AT_WORK)[keyof typeof AT_WORK], request: number): void {
    this.#slots?.mark(who, request);
  }
}
