import * as z from 'zod';

import { Fault } from './fault.ts';
import { UnreadableRequest } from './operation-table.ts';
import type { Operation } from './operation.ts';

/** Reads a request's JSON and checks its shape; further members are ignored, as the nucleus does. */
export function readRequest(operation: Operation, payload: Uint8Array, lite: boolean): unknown {
  const result = operation.request.safeParse(parseJson(payload));
  if (result.success) return result.data;
  if (lite) throw new Fault('ServiceError', 'Received invalid parameters.');
  throw new Fault('InvalidArgumentsError', `${operation.name}: ${z.prettifyError(result.error)}`);
}

/** The token of a Connect message; undefined if there is none. */
export function readToken(payload: Uint8Array): string | undefined {
  const message = connectSchema.safeParse(jsonOrUndefined(payload));
  return message.success ? message.data.authToken : undefined;
}

const connectSchema = z.object({ authToken: z.string().min(1) });

function jsonOrUndefined(payload: Uint8Array): unknown {
  try {
    return parseJson(payload);
  } catch {
    return undefined;
  }
}

function parseJson(payload: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(
      Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'),
    );
    return value;
  } catch (error) {
    throw new UnreadableRequest('the request is not JSON', { cause: error });
  }
}
