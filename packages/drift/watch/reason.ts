import { ratioOf } from './finding.ts';
import type { Finding } from './finding.ts';

/** `camera`: the pictures themselves have changed. `world`: they look as always, and what is in them has changed. */
export type DriftCause = 'camera' | 'world';

/** The kind of change, in a word. */
export type DriftReason =
  | 'dark'
  | 'bright'
  | 'blocked'
  | 'blurred'
  | 'moved'
  | 'contrast'
  | 'sharpness'
  | 'classes'
  | 'scores'
  | 'objects'
  | 'size'
  | 'embedding';

const OF_PICTURES: readonly Finding['feature'][] = ['brightness', 'contrast', 'sharpness', 'layout'];

export function causeOf({ feature }: Finding): DriftCause {
  return OF_PICTURES.includes(feature) ? 'camera' : 'world';
}

/** A cause that explains the others comes first: in the dark everything is low in detail too, and a covered lens does not have a view. */
const BY_WEIGHT = ['dark', 'bright', 'blocked', 'blurred', 'moved'] as const;

/** The finding that explains the others, of those that are over their threshold; else the one that is nearest to it. */
export function mainFinding(
  findings: readonly Finding[],
): { readonly finding: Finding; readonly reason: DriftReason } | undefined {
  const ordered = findings
    .map((finding) => ({ finding, reason: reasonOf(finding) }))
    .toSorted((one, other) => ratioOf(other.finding) - ratioOf(one.finding));
  const over = ordered.filter(({ finding }) => ratioOf(finding) >= 1);
  const first = BY_WEIGHT.map((reason) => over.find((one) => one.reason === reason)).find(Boolean);
  return first ?? ordered[0];
}

function reasonOf({ feature, direction }: Finding): DriftReason {
  const isLower = direction === 'lower';
  switch (feature) {
    case 'brightness':
      return isLower ? 'dark' : 'bright';
    case 'contrast':
      return isLower ? 'blocked' : 'contrast';
    case 'sharpness':
      return isLower ? 'blurred' : 'sharpness';
    case 'layout':
      return 'moved';
    case 'objects':
    case 'size':
    case 'embedding':
    case 'classes':
    case 'scores':
      return feature;
    default:
      return 'scores';
  }
}
