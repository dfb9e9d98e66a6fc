import type { Prediction } from '#packages/model-package';
import { boxIou } from '#packages/vision';

/** Both models' predictions for one frame. */
export interface FrameComparison {
  readonly same: number;
  readonly otherClass: number;
  readonly championOnly: number;
  readonly challengerOnly: number;
  /** Overlap of each pair of boxes. */
  readonly ious: readonly number[];
  /** The challenger's score less the champion's, of each finding that is the same. */
  readonly scoreDifferences: readonly number[];
  /** In words how they differ; undefined if they agree. */
  readonly reason: string | undefined;
}

/** The predictions of one model, and the score below which it reports nothing. */
export interface Findings {
  readonly predictions: readonly Prediction[];
  /** -Infinity without a threshold. */
  readonly threshold: number;
}

/** Boxes that overlap this much are of one thing, as in PASCAL VOC (Everingham et al., 2010). */
const MIN_IOU = 0.5;
/** A finding that is so little above the other model's threshold may be missing there without a difference of opinion. */
const SCORE_MARGIN = 0.05;
const MAX_REASONS = 3;

/**
 * Compares two answers to one frame. Boxes are matched greedily by their overlap, those of the same class first; without boxes the
 * best class counts. Classes are the same if their labels are: two models may number them otherwise.
 */
export function compareAnswers(champion: Findings, challenger: Findings): FrameComparison {
  const hasBoxes = [...champion.predictions, ...challenger.predictions].some(({ box }) => box);
  return hasBoxes ? compareBoxes(champion, challenger) : compareClasses(champion, challenger);
}

function compareClasses({ predictions: [ours] }: Findings, { predictions: [theirs] }: Findings): FrameComparison {
  const none = { same: 0, otherClass: 0, championOnly: 0, challengerOnly: 0, ious: [], scoreDifferences: [] };
  if (ours && theirs) {
    if (ours.label === theirs.label && ours.text === theirs.text)
      return { ...none, same: 1, scoreDifferences: [theirs.score - ours.score], reason: undefined };
    return { ...none, otherClass: 1, reason: `${named(ours)} became ${named(theirs)}` };
  }
  if (ours) return { ...none, championOnly: 1, reason: `${named(ours)} is missing` };
  if (theirs) return { ...none, challengerOnly: 1, reason: `${named(theirs)} is new` };
  return { ...none, reason: undefined };
}

function compareBoxes(champion: Findings, challenger: Findings): FrameComparison {
  const ours = new Set(champion.predictions);
  const theirs = new Set(challenger.predictions);
  const same = matched(ours, theirs, (one, other) => one.label === other.label);
  const otherClass = matched(ours, theirs, () => true);
  const championOnly = decisive(ours, challenger.threshold);
  const challengerOnly = decisive(theirs, champion.threshold);
  const reasons = [
    ...otherClass.map(({ one, other }) => `${named(one)} became ${named(other)}`),
    ...championOnly.map((one) => `${named(one)} is missing`),
    ...challengerOnly.map((one) => `${named(one)} is new`),
  ];
  return {
    same: same.length,
    otherClass: otherClass.length,
    championOnly: championOnly.length,
    challengerOnly: challengerOnly.length,
    ious: [...same, ...otherClass].map(({ iou }) => iou),
    scoreDifferences: same.map(({ one, other }) => other.score - one.score),
    reason: reasons.length === 0 ? undefined : shortened(reasons),
  };
}

interface Pair {
  readonly one: Prediction;
  readonly other: Prediction;
  readonly iou: number;
}

/** Takes the pairs out of both sets, those that overlap most first. */
function matched(
  ours: Set<Prediction>,
  theirs: Set<Prediction>,
  allowed: (one: Prediction, other: Prediction) => boolean,
): readonly Pair[] {
  const pairs = [...ours].flatMap((one) =>
    [...theirs].flatMap((other) => {
      const iou = one.box && other.box && allowed(one, other) ? boxIou(one.box, other.box) : 0;
      return iou >= MIN_IOU ? [{ one, other, iou }] : [];
    }),
  );
  return pairs
    .sort((a, b) => b.iou - a.iou)
    .filter(({ one, other }) => {
      if (!ours.has(one) || !theirs.has(other)) return false;
      ours.delete(one);
      return theirs.delete(other);
    });
}

/** Those that the other model would report, too, if it saw the same. */
function decisive(alone: ReadonlySet<Prediction>, thresholdOfOther: number): readonly Prediction[] {
  return [...alone].filter(({ score }) => score > thresholdOfOther + SCORE_MARGIN);
}

function named({ label, score, text }: Prediction): string {
  return `${text === undefined ? label : JSON.stringify(text)} (${Math.round(score * 100) / 100})`;
}

function shortened(reasons: readonly string[]): string {
  const more = reasons.length - MAX_REASONS;
  return [...reasons.slice(0, MAX_REASONS), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
