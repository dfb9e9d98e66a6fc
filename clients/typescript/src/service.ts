import path from 'node:path';
import { isEdgeError } from '#packages/foundation';
import { GreengrassDependencyException } from './exceptions.ts';
import type { EdgeMLException } from './exceptions.ts';

/** The socket that was given, else the environment's, else the one in the work folder beside ours. */
export function socketOf(
  given: string | undefined,
  environment: string | undefined,
  component: string,
  name: string,
): string {
  return given ?? environment ?? path.resolve('..', component, name);
}

type Failure = new (message: string, code: string, todo: string, cause?: unknown) => EdgeMLException;

/** The exception for the error that ended a call: `absent` are the codes that mean that there was nobody to ask. */
export function exceptionOf(thrown: unknown, absent: ReadonlySet<string>, failure: Failure): Error {
  if (!isEdgeError(thrown)) return thrown instanceof Error ? thrown : new Error(String(thrown));
  const { code, message, todo } = thrown;
  const kind = absent.has(code) ? GreengrassDependencyException : failure;
  return new kind(message, code, todo, thrown);
}
