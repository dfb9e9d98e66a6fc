/** System V shared memory segments of other processes, read only. */
export interface SharedMemory {
  /** Bytes of a segment. @throws EdgeError `shared-memory.*` */
  size(segmentId: number): number;
  /** Looks whether `read` would succeed, before memory is taken for it. @throws EdgeError `shared-memory.*` */
  check(segmentId: number, offset: number, bytes: number): void;
  /**
   * Fills `target` from a segment.
   * @throws EdgeError `shared-memory.unsupported`, `.not-found`, `.writable`, `.denied`, `.out-of-range`
   */
  read(segmentId: number, offset: number, target: Uint8Array): void;
}
