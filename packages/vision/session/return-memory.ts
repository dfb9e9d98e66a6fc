import type * as Koffi from 'koffi';
import { lazyPackage } from '#packages/foundation';

const loadKoffi = lazyPackage<typeof Koffi>('koffi');
let trim: (() => void) | undefined;

/**
 * Gives memory that native code has freed back to the system. glibc keeps it: what ONNX Runtime needs only while it optimizes a
 * model (twice the model's size) and what an unloaded model leaves behind would count as ours for good.
 * Takes some milliseconds, so it belongs to loading and unloading. Does nothing if the C library is another.
 * Source: malloc_trim(3), Linux man-pages.
 */
export function returnFreedMemory(): void {
  trim ??= bind();
  trim();
}

function bind(): () => void {
  if (process.platform !== 'linux') return () => undefined;
  try {
    const mallocTrim = loadKoffi().load('libc.so.6').func('int malloc_trim(size_t pad)') as (pad: number) => number;
    return () => void mallocTrim(0);
  } catch {
    return () => undefined;
  }
}
