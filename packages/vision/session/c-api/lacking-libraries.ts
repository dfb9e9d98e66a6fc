import type * as Koffi from 'koffi';
import { lazyPackage } from '#packages/foundation';

const loadKoffi = lazyPackage<typeof Koffi>('koffi');
/** koffi unloads a library that nobody holds any more, and one of a driver may be slow to load. */
const held = new Map<string, Koffi.LibraryHandle>();

/** Which of these libraries, e.g. `libcuda.so.1`, the system's loader does not find or cannot load. */
export function lackingLibraries(names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    try {
      if (!held.has(name)) held.set(name, loadKoffi().load(name));
      return false;
    } catch {
      return true;
    }
  });
}
