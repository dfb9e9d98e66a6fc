import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Asks processes into which `live-heap.mjs` was loaded how much of their JavaScript heap survives a collection. */
export class LiveHeaps {
  /** For `EDGEML_SOAK_HEAPS`. */
  readonly folder = mkdtempSync(path.join(tmpdir(), 'edgeml-soak-heaps-'));

  /** The answer is there a little later; a process that cannot answer yet is not asked. */
  ask(pid: number): void {
    try {
      statSync(this.#file(pid));
      process.kill(pid, 'SIGUSR2');
    } catch {
      // It ended meanwhile, or has just begun.
    }
  }

  /** Bytes, as last told; undefined if the process has not told any. */
  told(pid: number): number | undefined {
    try {
      return (JSON.parse(readFileSync(this.#file(pid), 'utf8')) as { readonly heapBytes?: number }).heapBytes;
    } catch {
      return undefined;
    }
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #file(pid: number): string {
    return path.join(this.folder, String(pid));
  }
}
