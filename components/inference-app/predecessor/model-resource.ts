import { isDeepStrictEqual } from 'node:util';
import { oneActive } from '../inference/active-choice.ts';
import type { Predecessor } from './predecessors.ts';

export interface Machine {
  /** `process.platform` and `process.arch`. */
  readonly platform: string;
  readonly arch: string;
}

/**
 * The service that is meant by `ModelResourceKey`: the entry of this machine, or of `model`, is the name of the service. The old
 * defaults name model files that exist no more, and mean the first active model of the component's kind: a message does not say
 * whose it is.
 *
 * @returns undefined if the map has no entry for this machine
 */
export function serviceOf(
  given: Readonly<Record<string, string>> | undefined,
  { modelResourceKey, inferenceType }: Predecessor,
  machine: Machine,
): string | undefined {
  const first = oneActive(inferenceType);
  if (given === undefined || isDeepStrictEqual({ ...given }, modelResourceKey)) return first;
  const name = given[architectureOf(machine)] ?? given['model'];
  return name !== undefined && Object.values(modelResourceKey).includes(name) ? first : name;
}

/** As the old components named it: `uname -m`, and one name for Windows. */
export function architectureOf({ platform, arch }: Machine): string {
  return platform === 'win32' ? 'windows' : (ARCHITECTURES[arch] ?? arch);
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', arm: 'armv7l' };
