import { readFileSync } from 'node:fs';
import os from 'node:os';

let known: string | undefined;

/**
 * The properties that an optimized model depends on: architecture, model and instruction sets of the CPU. A virtual machine can move
 * between hosts that differ only in the latter, so they are read where the system tells them.
 */
export function cpuIdentity(): string {
  return (known ??= [process.platform, process.arch, os.cpus()[0]?.model ?? 'unknown', instructionSets()].join('|'));
}

function instructionSets(): string {
  try {
    return /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}
