import type { Baseline, Drift, DriftCause, DriftReason, DriftWatch, Finding } from '#packages/drift';
import type { DriftFacts, DriftFinding, ServiceDrift } from '#packages/http';

/** Findings that are told besides those that drift. */
const MOST_FINDINGS = 12;

/** Where the watch of a service stands. */
export function statusOf(
  service: string,
  watch: DriftWatch,
  { weak }: Baseline,
  labels: readonly string[],
): ServiceDrift {
  const drifts = [...watch.drifts].map(([cause, drift]) => driftWords(cause, drift, labels));
  const findings = watch.findings
    .toSorted((one, other) => other.value / other.threshold - one.value / one.threshold)
    .slice(0, MOST_FINDINGS)
    .map((finding) => wordsOf(finding, labels));
  return {
    service,
    state: drifts.length > 0 ? 'drifting' : watch.isWarm ? 'steady' : 'learning',
    images: watch.images,
    weakBaseline: weak,
    drifts,
    findings,
  };
}

/** A drift as events and `GET /v1/models` tell it. */
export function driftWords(
  cause: DriftCause,
  { reason, finding, sinceMs }: Drift,
  labels: readonly string[],
): DriftFacts {
  const told = wordsOf(finding, labels);
  const { feature, measure, value, threshold } = told;
  return {
    cause,
    reason,
    ...told,
    since: new Date(sinceMs).toISOString(),
    message: `${MEANINGS[reason]}: ${feature}, ${measure} ${value} (threshold ${threshold})`,
  };
}

const MEANINGS: Readonly<Record<DriftReason, string>> = {
  dark: 'the pictures are darker than the baseline',
  bright: 'the pictures are brighter than the baseline',
  blocked: 'the pictures are almost flat; the lens may be covered, dirty or fogged',
  blurred: 'the pictures have less detail than the baseline; the lens may be out of focus or dirty',
  moved: 'the camera shows another view; it may have been moved, or something stands before it',
  contrast: 'the pictures have more contrast than the baseline',
  sharpness: 'the pictures have more detail or noise than the baseline',
  classes: 'the model finds other classes than before, in pictures that look as they did',
  scores: 'the model scores otherwise than before, in pictures that look as they did',
  objects: 'the model finds another number of objects than before, in pictures that look as they did',
  size: 'objects have another size than before, in pictures that look as they did',
  embedding: 'the mean of the vectors has moved, in pictures that look as they did',
};

function wordsOf({ feature, measure, value, threshold, direction }: Finding, labels: readonly string[]): DriftFinding {
  const [, bin] = /^scores:(\d+)$/.exec(feature) ?? [];
  return {
    feature: bin === undefined ? feature : `scores of ${labels[Number(bin)] ?? `class ${bin}`}`,
    measure,
    value: rounded(value),
    threshold: rounded(threshold),
    ...(direction ? { direction } : {}),
  };
}

function rounded(value: number): number {
  // Distances between mean vectors may be far below 1.
  return value < 0.1 ? Number(value.toPrecision(3)) : Math.round(value * 1_000) / 1_000;
}
