/** Lets a number of bytes into memory at once; later callers wait in line. */
export class ByteGate {
  readonly #capacity: number;
  readonly #line: { readonly bytes: number; readonly enter: () => void }[] = [];
  #inside = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get inside(): number {
    return this.#inside;
  }

  /**
   * Resolves when there is room, with what gives it back. More than the capacity enters alone.
   *
   * @throws the signal's reason
   */
  async enter(bytes: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#line.length > 0 || !this.#fits(bytes)) await this.#wait(bytes, signal);
    else this.#inside += bytes;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#inside -= bytes;
      this.#admit();
    };
  }

  #wait(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#line.splice(this.#line.indexOf(waiting), 1);
        this.#admit();
        reject(signal.reason as Error);
      };
      const waiting = {
        bytes,
        enter: () => {
          signal.removeEventListener('abort', leave);
          this.#inside += bytes;
          resolve();
        },
      };
      this.#line.push(waiting);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #admit(): void {
    for (let next = this.#line[0]; next && this.#fits(next.bytes); next = this.#line[0]) {
      this.#line.shift();
      next.enter();
    }
  }

  #fits(bytes: number): boolean {
    return this.#inside === 0 || this.#inside + bytes <= this.#capacity;
  }
}
