import type { ServerResponse } from 'node:http';
import { wireErrorOf } from '#packages/foundation';
import type { WireError } from '#packages/foundation';

import type { ErrorBody } from '../api/agent-api.ts';

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', JSON.stringify(body));
}

export function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Anything that was thrown as an answer, 500 if its code has no status; overload says when to come back. */
export function sendError(response: ServerResponse, thrown: unknown): WireError {
  const error = wireErrorOf(thrown);
  const status = error.status ?? 500;
  const retryAfter = error.facts['retryAfterSeconds'];
  if (!response.headersSent) {
    if (typeof retryAfter === 'number') response.setHeader('retry-after', retryAfter);
    else if (status === 503) response.setHeader('retry-after', 1);
    const allow = error.facts['allow'];
    if (typeof allow === 'string') response.setHeader('allow', allow);
  }
  const body: ErrorBody = { error: { ...error, status } };
  sendJson(response, status, body);
  return error;
}
