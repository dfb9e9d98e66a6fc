import type { z } from 'zod';
import { numberSetting, textListSetting } from '#packages/foundation';
import type { Outcome, ReadPrediction } from '#packages/samples';
import { defineStrategy } from './strategy.ts';
import { digits } from './threshold.ts';

/** Keeps a sample in which one of the named classes was seen: any detection, or the best class of a classification. */
export const keepClasses = defineStrategy({
  parameters: {
    labels: textListSetting()
      .refine((labels) => labels.length > 0, 'name at least one class')
      .describe('CLASS: labels, or class numbers, to keep.'),
    'min-score': numberSetting({ min: 0, max: 1 })
      .default(0.5)
      .describe('CLASS, NOVELTY: scores below this do not count.'),
  } satisfies z.ZodRawShape,
  create: ({ labels, 'min-score': minScore }) => {
    const wanted = new Set(labels);
    return (read) => {
      const seen = candidates(read()).find((outcome) => outcome.score >= minScore && isWanted(outcome, wanted));
      if (!seen) return { keep: false, why: 'none of the wanted classes' };
      return { keep: true, why: `${seen.label ?? `class ${seen.classId}`} with score ${digits(seen.score)}` };
    };
  },
});

function candidates({ kind, outcomes }: ReadPrediction): readonly Outcome[] {
  if (kind === 'detections') return outcomes;
  const best = outcomes.reduce<Outcome | undefined>((a, b) => (a && a.score >= b.score ? a : b), undefined);
  return best ? [best] : [];
}

function isWanted({ label, classId }: Outcome, wanted: ReadonlySet<string>): boolean {
  return wanted.has(String(classId)) || (label !== undefined && wanted.has(label));
}
