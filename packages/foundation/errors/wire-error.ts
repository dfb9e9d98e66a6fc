import { foundationErrors } from '../errors.ts';
import { isEdgeError, messageOf } from './edge-error.ts';
import type { WireError } from './edge-error.ts';

/** Anything that was thrown, in the form that crosses threads and processes; what is not an EdgeError is `internal`. */
export function wireErrorOf(thrown: unknown): WireError {
  return (isEdgeError(thrown) ? thrown : foundationErrors.error('internal', messageOf(thrown))).toJSON();
}
