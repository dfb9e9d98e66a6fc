import type { ModelManifest } from '#packages/model-package';
import { cliErrors } from '../errors.ts';

/** First row of label files that count "nothing here" as a class. */
const BACKGROUND = /^(_*background_*|unlabell?ed|\?+|none|n\/a)$/i;

export interface GivenLabels {
  readonly labels: readonly string[];
  /** For messages. */
  readonly file: string;
  /** Of the model, without the background; undefined if its shapes do not tell. */
  readonly classes: number | undefined;
}

/** @throws EdgeError `try.labels` if there are fewer labels than classes, or more */
export function requireLabels(
  { labels: named, name, output }: ModelManifest,
  { labels, file, classes }: GivenLabels,
): void {
  if (named === undefined || classes === undefined) return;
  const wanted = classes + ('classOffset' in output ? output.classOffset : 0);
  // Such a decoder takes labels with a row for the background as well as without.
  const mayHaveBackground = 'backgroundClass' in output && output.backgroundClass !== undefined;
  if (labels.length === wanted || (mayHaveBackground && labels.length === wanted + 1)) return;
  const message = `${file} has ${labels.length} labels, but ${name} tells ${classes} classes apart`;
  throw cliErrors.error('try.labels', message, { facts: { file, labels: labels.length, classes } });
}

/** Whether an answer names the background: the classes count from 0, and every label is one row off. */
export function isShifted(labels: readonly string[], found: readonly string[]): boolean {
  const [first] = labels;
  return first !== undefined && BACKGROUND.test(first) && found.includes(first);
}
