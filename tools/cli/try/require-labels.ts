import type { OutputSpec } from '#packages/model-package';
import { cliErrors } from '../errors.ts';

export interface GivenLabels {
  readonly labels: readonly string[];
  /** Of the labels and of the model, for messages. */
  readonly file: string;
  readonly name: string;
  /** Of the model, without the background; undefined if its shapes do not tell. */
  readonly classes: number | undefined;
}

/** @throws EdgeError `try.labels` if there are fewer labels than classes, or more */
export function requireLabels(output: OutputSpec, { labels, file, name, classes }: GivenLabels): void {
  if (classes === undefined) return;
  const wanted = classes + ('classOffset' in output ? output.classOffset : 0);
  // Such a decoder takes labels with a row for the background as well as without.
  const mayHaveBackground = 'backgroundClass' in output && output.backgroundClass !== undefined;
  if (labels.length === wanted || (mayHaveBackground && labels.length === wanted + 1)) return;
  const message = `${file} has ${labels.length} labels, but ${name} tells ${classes} classes apart`;
  throw cliErrors.error('try.labels', message, { facts: { file, labels: labels.length, classes } });
}
