import type { Prediction } from '#packages/model-package';

/** Predictions in a few words: `4 bolt, gear`, or `bolt 0.98` for a class of the whole picture or its text. */
export function summaryOf(predictions: readonly Prediction[]): string {
  const [first] = predictions;
  if (!first) return 'nothing found';
  if (!first.box) return `${first.text ?? first.label} ${first.score.toFixed(2)}`;
  const counts = new Map<string, number>();
  for (const { label } of predictions) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, count]) => (count === 1 ? label : `${count} ${label}`)).join(', ');
}
