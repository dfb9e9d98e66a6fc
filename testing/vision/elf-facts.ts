import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PATIENCE_MS } from '../patience.ts';

const run = promisify(execFile);

/** The parts of a shared library that the loader reads. */
interface ElfFacts {
  /** As `readelf` names it, e.g. `AArch64`. */
  readonly machine: string;
  /** Libraries that it is linked with. */
  readonly needed: readonly string[];
  /** Newest version of glibc that it asks for, e.g. `2.28`; empty if it asks for none. */
  readonly glibc: string;
  /** Symbols that it takes from elsewhere without saying in which version: those of the system have one. */
  readonly undefinedSymbols: readonly string[];
  readonly definedSymbols: readonly string[];
}

/** Reads a library with `readelf` of binutils, which reads those of every processor. */
export async function elfFacts(file: string): Promise<ElfFacts> {
  const words = ['--wide', '--file-header', '--dynamic', '--version-info', '--dyn-syms', file];
  const { stdout } = await run('readelf', words, { maxBuffer: 256_000_000, timeout: PATIENCE_MS });
  // Number: value size type binding visibility section name.
  const rows = [...stdout.matchAll(/^ *\d+: [0-9a-f]+ +\S+ +\S+ +(\w+) +\S+ +(\S+) +(\S+)/gm)];
  const named = (wanted: (section: string, binding: string) => boolean): string[] =>
    rows.flatMap(([, binding = '', section = '', name = '']) => (wanted(section, binding) ? [name] : []));
  return {
    machine: /^ *Machine: +(.*)$/m.exec(stdout)?.[1] ?? '',
    needed: [...stdout.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name = '']) => name),
    glibc: newest([...stdout.matchAll(/GLIBC_(\d+\.\d+)/g)].map(([, version = '']) => version)),
    undefinedSymbols: named((section, binding) => section === 'UND' && binding === 'GLOBAL').filter(
      (name) => !name.includes('@'),
    ),
    definedSymbols: named((section) => section !== 'UND').map((name) => name.replace(/@.*/, '')),
  };
}

/** Whether a version of glibc, e.g. `2.28`, is not newer than another. */
export function isWithin(version: string, floor: string): boolean {
  return newest([version, floor]) === newest([floor]);
}

function newest(versions: readonly string[]): string {
  const minor = (version: string): number => Number(version.split('.')[1]);
  return [...versions].sort((a, b) => minor(a) - minor(b)).at(-1) ?? '';
}
