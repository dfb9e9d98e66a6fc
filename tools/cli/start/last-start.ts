import path from 'node:path';
import * as z from 'zod';
import { readTextIfAny, writeAtomically } from '#packages/foundation';
import type { LocalDeploymentRequest } from '../../local-core/ports.ts';

const schema = z.object({
  /** edgeml.yaml, or `samples`. */
  from: z.string(),
  /** Root components that it deployed. */
  roots: z.array(z.string()),
});

/** The components that a start has deployed; the next start on the same root removes those that it does not deploy itself. */
export type LastStart = Readonly<z.infer<typeof schema>>;

export async function readLastStart(root: string): Promise<LastStart | undefined> {
  const text = await readTextIfAny(fileIn(root));
  try {
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  } catch {
    return undefined; // written by something else
  }
}

export function writeLastStart(root: string, start: LastStart): Promise<void> {
  return writeAtomically(fileIn(root), `${JSON.stringify(start, undefined, 2)}\n`, { fsync: 'none' });
}

function fileIn(root: string): string {
  return path.join(root, 'last-start.json');
}

/** Components that somebody else has deployed stay; those of the last start that are not wanted any more go. */
export function afterLastStart(
  request: LocalDeploymentRequest,
  from: string,
  last: LastStart | undefined,
): LocalDeploymentRequest {
  const wanted = request.rootComponentVersionsToAdd ?? {};
  const gone = (last?.roots ?? []).filter((name) => !(name in wanted));
  const isOther = last !== undefined && last.from !== from;
  return {
    ...request,
    ...(gone.length > 0 ? { rootComponentsToRemove: gone } : {}),
    // Settings of edgeml.yaml mean nothing to the samples, nor to another edgeml.yaml.
    ...(isOther ? { componentToConfiguration: resetAll(request.componentToConfiguration ?? {}) } : {}),
  };
}

function resetAll(
  changes: NonNullable<LocalDeploymentRequest['componentToConfiguration']>,
): NonNullable<LocalDeploymentRequest['componentToConfiguration']> {
  return Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, { ...change, RESET: [''] }]));
}
