/** System V shared memory segments of other processes, read only. */
export interface SharedMemory {
  /** Bytes of a segment. @throws EdgeError `shared-memory.*` */
  size(segmentId: number): number;
  /**
   * Fills `target` from a segment.
   * @throws EdgeError `shared-memory.unsupported`, `.not-found`, `.writable`, `.denied`, `.out-of-range`
   */
  read(segmentId: number, offset: number, target: Uint8Array): void;
}
