import { bytesOnDisk } from '../../components/feedback-uploader/spool/spool-folder.ts';
import type { OpenFile, SpoolFolder } from '../../components/feedback-uploader/spool/spool-folder.ts';

/** The files that reached the disk for good, beside those that the running system sees. */
interface File {
  data: Buffer;
  durable: Buffer;
}

const PAGE_BYTES = 4_096;

/**
 * A folder in memory that can be killed, lose power, fill up and fail, at any single step of any call.
 * It is harsher than a disk: after a loss of power every page and every name that was not synced may be old or new.
 */
export class MemoryFolder implements SpoolFolder {
  /** Bytes that the disk holds. */
  capacityBytes = Number.MAX_SAFE_INTEGER;
  /** The most that was on the disk since it was last set back. */
  peakBytes = 0;
  #names = new Map<string, File>();
  #durableNames = new Map<string, File>();
  #stepsToCrash = Infinity;
  #failing: { code: string; at: (step: string, name: string) => boolean } | undefined;
  #crashed = false;
  #usedBytes = 0;

  /** The call that takes the given number of steps from now never ends well, and no call after it. */
  crashIn(steps: number): void {
    this.#stepsToCrash = steps;
  }

  /** Steps that match fail with a system error, until `heal`. Steps are `create`, `write`, `sync`, `rename`, `remove`, `sync-folder`, `read`. */
  fail(code: string, at: (step: string, name: string) => boolean): void {
    this.#failing = { code, at };
  }

  heal(): void {
    this.#failing = undefined;
    this.#stepsToCrash = Infinity;
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  /** The files that another process finds after this one was killed. */
  afterKill(): MemoryFolder {
    return this.#copy(this.#names, (file) => file.data);
  }

  /** The files that are left after the power was lost. */
  afterPowerLoss(random: () => number): MemoryFolder {
    const names = new Map<string, File>();
    for (const name of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      const file = random() < 0.5 ? this.#names.get(name) : this.#durableNames.get(name);
      if (file) names.set(name, file);
    }
    return this.#copy(names, (file) => tornBetween(file.durable, file.data, random));
  }

  /** Changes bytes of a file, as a failing disk does. */
  damage(name: string, change: (data: Buffer) => Buffer): void {
    const file = this.#names.get(name);
    if (!file) return;
    this.#usedBytes -= bytesOnDisk(file.data.length);
    file.data = file.durable = change(Buffer.from(file.data));
    this.#usedBytes += bytesOnDisk(file.data.length);
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  async list() {
    this.#step('list', '');
    return [...this.#names].map(([name, { data }]) => ({ name, bytes: data.length }));
  }

  async read(name: string): Promise<Buffer> {
    this.#step('read', name);
    return Buffer.from(this.#get(name).data);
  }

  async write(name: string, chunks: readonly Uint8Array[]): Promise<void> {
    this.#step('create', name);
    if (this.#names.has(name)) throw systemError('EEXIST', name);
    const file: File = { data: Buffer.alloc(0), durable: Buffer.alloc(0) };
    this.#names.set(name, file);
    try {
      for (const chunk of chunks) await this.#writeAt(name, file, file.data.length, chunk);
      await this.#sync(name, file);
    } catch (thrown) {
      if (!this.#crashed) this.#forget(name);
      throw thrown;
    }
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step('rename', from);
    const file = this.#get(from);
    this.#forget(to);
    this.#names.set(to, file);
    this.#names.delete(from);
  }

  async remove(name: string): Promise<void> {
    this.#step('remove', name);
    this.#forget(name);
  }

  async sync(): Promise<void> {
    await Promise.resolve();
    this.#step('sync-folder', '');
    this.#durableNames = new Map(this.#names);
  }

  async freeBytes(): Promise<number> {
    return this.capacityBytes - this.usedBytes;
  }

  async open(name: string): Promise<OpenFile> {
    this.#step('open', name);
    const file = this.#get(name);
    return {
      write: (at, bytes) => this.#writeAt(name, file, at, bytes),
      sync: () => this.#sync(name, file),
      close: async () => undefined,
    };
  }

  async #writeAt(name: string, file: File, at: number, bytes: Uint8Array): Promise<void> {
    const written = Buffer.from(bytes);
    // Two steps, so that a crash can fall between the halves.
    const half = Math.floor(written.length / 2);
    for (const [from, to] of [
      [0, half],
      [half, written.length],
    ] as const) {
      await Promise.resolve();
      this.#step('write', name);
      this.#put(name, file, at + from, written.subarray(from, to));
    }
  }

  #put(name: string, file: File, at: number, bytes: Buffer): void {
    const length = Math.max(file.data.length, at + bytes.length);
    const more = bytesOnDisk(length) - bytesOnDisk(file.data.length);
    if (more > 0 && this.#usedBytes + more > this.capacityBytes) throw systemError('ENOSPC', name);
    if (length > file.data.length || file.data === file.durable) {
      const data = Buffer.alloc(length);
      file.data.copy(data);
      file.data = data;
    }
    bytes.copy(file.data, at);
    this.#usedBytes += more;
    this.peakBytes = Math.max(this.peakBytes, this.usedBytes);
  }

  async #sync(name: string, file: File): Promise<void> {
    await Promise.resolve();
    this.#step('sync', name);
    file.durable = file.data;
  }

  #forget(name: string): void {
    this.#usedBytes -= bytesOnDisk(this.#names.get(name)?.data.length ?? 0);
    this.#names.delete(name);
  }

  #step(step: string, name: string): void {
    if (this.#crashed) throw new Error('the process is dead');
    if (--this.#stepsToCrash < 0) {
      this.#crashed = true;
      throw new Error(`crash at ${step} ${name}`);
    }
    if (this.#failing?.at(step, name)) throw systemError(this.#failing.code, name);
  }

  #get(name: string): File {
    const file = this.#names.get(name);
    if (!file) throw systemError('ENOENT', name);
    return file;
  }

  #copy(names: ReadonlyMap<string, File>, content: (file: File) => Buffer): MemoryFolder {
    const copy = new MemoryFolder();
    copy.capacityBytes = this.capacityBytes;
    for (const [name, file] of names) {
      const data = Buffer.from(content(file));
      copy.#usedBytes += bytesOnDisk(data.length);
      copy.#names.set(name, { data, durable: data });
    }
    copy.#durableNames = new Map(copy.#names);
    copy.peakBytes = copy.usedBytes;
    return copy;
  }
}

/** Each page as it was or as it became; what became longer may have zeros where its pages were not written. */
function tornBetween(old: Buffer, current: Buffer, random: () => number): Buffer {
  if (old === current) return current;
  const length = random() < 0.5 ? old.length : current.length;
  const torn = Buffer.alloc(length);
  for (let at = 0; at < length; at += PAGE_BYTES) {
    const source = random() < 0.5 ? old : current;
    if (at < source.length) source.copy(torn, at, at, Math.min(at + PAGE_BYTES, source.length));
  }
  return torn;
}

function systemError(code: string, name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${name}`), { code });
}
