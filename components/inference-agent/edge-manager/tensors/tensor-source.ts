import type { AuxiliaryData, TensorMessage } from '../messages.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';

/** The part of a message that carries bytes: inline or in shared memory. */
type Source = Pick<TensorMessage | AuxiliaryData, 'byte_data' | 'shared_memory_handle'>;

/** Bytes that the message says it has; undefined for a shared memory handle that leaves it open. */
export function byteSizeOf({ byte_data: bytes, shared_memory_handle: handle }: Source): number | undefined {
  if (!handle) return bytes?.byteLength ?? 0;
  return handle.size === 0 ? undefined : handle.size;
}

/** Looks whether so many bytes are there, before memory is taken for them. @throws EdgeError `shared-memory.*` */
export function checkSource({ shared_memory_handle: handle }: Source, bytes: number, sharedMemory: SharedMemory): void {
  if (handle) sharedMemory.check(handle.segment_id, handle.offset, bytes);
}

/** Copies as many bytes as `target` has. @throws EdgeError `shared-memory.*` */
export function copyTo(target: Uint8Array, message: Source, sharedMemory: SharedMemory): void {
  const { byte_data: bytes, shared_memory_handle: handle } = message;
  if (handle) sharedMemory.read(handle.segment_id, handle.offset, target);
  else if (bytes) target.set(bytes);
}

/**
 * The bytes themselves; inline ones are not copied.
 * @param impliedSize of a shared memory handle that leaves it open; undefined: all from the offset to the segment's end
 * @throws EdgeError `shared-memory.*`
 */
export function bytesOf(message: Source, sharedMemory: SharedMemory, impliedSize: number | undefined): Uint8Array {
  const { byte_data: bytes, shared_memory_handle: handle } = message;
  if (!handle) return bytes ?? new Uint8Array();
  const known = handle.size || impliedSize;
  const size = known ?? Math.max(0, sharedMemory.size(handle.segment_id) - handle.offset);
  checkSource(message, size, sharedMemory);
  const target = new Uint8Array(size);
  sharedMemory.read(handle.segment_id, handle.offset, target);
  return target;
}
