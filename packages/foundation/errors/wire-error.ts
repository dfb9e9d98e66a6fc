import { isEdgeError, messageOf } from './edge-error.ts';
import type { WireError } from './edge-error.ts';

/** Anything that was thrown, in the form that crosses threads; what is no EdgeError is `internal`, status 500. */
export function wireErrorOf(thrown: unknown): WireError {
  if (isEdgeError(thrown)) return thrown.toJSON();
  return {
    code: 'internal',
    message: messageOf(thrown),
    todo: 'This is a fault of the component. Report it with the lines of the log around it.',
    status: 500,
    facts: {},
  };
}
