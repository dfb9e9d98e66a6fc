import type { FuzzTarget } from './fuzz-target.ts';
import { runInput } from './run-input.ts';
import type { Finding } from './run-input.ts';

const MAX_TRIES = 2_000;

/** The finding with as few bytes as go without it becoming another one: parts are left out, halves first, then less. */
export async function minimize(target: FuzzTarget, finding: Finding): Promise<Finding> {
  let least = finding;
  let tries = 0;
  for (let size = Math.ceil(finding.input.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < least.input.length && tries < MAX_TRIES; tries++) {
      const { input } = least;
      const shorter = Uint8Array.from(Buffer.concat([input.subarray(0, at), input.subarray(at + size)]));
      const found = await runInput(target, shorter);
      if (found?.key === finding.key) least = found;
      else at += size;
    }
  }
  return least;
}
