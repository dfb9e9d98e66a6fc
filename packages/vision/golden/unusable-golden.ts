import { visionErrors } from '../errors.ts';

/** @param what is wrong with the file, as a sentence without its end */
export function unusableGolden(file: string, what: string, cause: unknown): Error {
  return visionErrors.error('model.golden-unusable', `the golden file "${file}" cannot be used: ${what}`, {
    cause,
    facts: { file },
  });
}
