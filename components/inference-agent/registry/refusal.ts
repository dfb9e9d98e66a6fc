import { fromWire, isEdgeError, wireErrorOf } from '#packages/foundation';
import type { ModelIdentity } from '#packages/http';
import type { Announce } from '../events/agent-event.ts';

export interface Refused {
  readonly alias: string;
  readonly path: string;
  /** The model that continues serving in its place. */
  readonly serving?: ModelIdentity | undefined;
}

/** Announces why a model was refused, in whatever phase that happened; `about` is asked then. @throws EdgeError */
export async function announcingRefusal<T>(
  announce: Announce,
  about: () => Refused,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = wireErrorOf(thrown);
    const { alias, path, serving } = about();
    announce('model.rejected', { alias, path, error, ...(serving ? { serving } : {}) });
    throw isEdgeError(thrown) ? thrown : fromWire(error);
  }
}
