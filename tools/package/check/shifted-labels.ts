import type { ModelManifest, Prediction } from '#packages/model-package';

/** Names that lists of labels give to the row for "nothing here". */
const BACKGROUND = /^(_*(background|bg)_*|unlabel?ed|\?+|none|n\/a)$/i;

/** Whether a list of labels begins with a row for "nothing here". */
export function hasBackgroundRow([first]: readonly string[]): boolean {
  return first !== undefined && BACKGROUND.test(first);
}

/**
 * Why the labels look shifted against the classes, by one row as a rule: their first row is a background row, and the model does not
 * count one. Undefined if they do not.
 */
export function whyShifted(
  { output }: ModelManifest,
  labels: readonly string[],
  found: readonly Prediction[],
): string | undefined {
  const [first = ''] = labels;
  // A class of the whole image or of a pixel may well be that there is nothing.
  if (!hasBackgroundRow(labels) || output.decoder === 'classification' || output.decoder === 'segmentation')
    return undefined;
  const row = `the first label is "${first}"`;
  if (found.some(({ classId, label }) => classId === 0 && label === first))
    return `${row}, and the model finds it: class 0 is something else`;
  if (output.decoder.startsWith('yolo'))
    return `${row}, and models of the decoder ${output.decoder} have no background class`;
  // Whether the graph itself counts from 0 or from 1 shows only in its answers.
  const takesItAway = 'backgroundClass' in output && output.backgroundClass !== undefined && output.classOffset === 0;
  return takesItAway ? `${row}, and backgroundClass has taken that class away already` : undefined;
}
