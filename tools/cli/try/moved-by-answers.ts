import { hasBackgroundRow } from '../../package/check/shifted-labels.ts';
import { movedByOne } from './prepare-model.ts';
import type { Proposed } from './prepare-model.ts';
import type { TriedModel } from './try-model.ts';

/**
 * The proposal for a model of which the background was found: its labels are one row off. Whether a graph counts its classes from 0 or
 * from 1 shows only in its answers.
 *
 * @returns undefined if the labels stay as they are
 */
export function movedByAnswers(
  { labels, proposed, manifest: { output } }: Pick<TriedModel, 'labels' | 'proposed' | 'manifest'>,
  found: readonly { readonly label: string }[],
): Proposed | undefined {
  const [first = ''] = labels;
  const canMove = output.decoder === 'ssd' && 'classes' in output && output.classOffset === 0;
  if (!proposed || !canMove || !hasBackgroundRow(labels) || !found.some(({ label }) => label === first))
    return undefined;
  return movedByOne(proposed, `the model's class 0 was found, and ${first} is the first label`);
}
