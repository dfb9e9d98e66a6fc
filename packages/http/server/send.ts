import { STATUS_CODES } from 'node:http';
import type { ServerResponse } from 'node:http';
import { wireErrorOf } from '#packages/foundation';
import type { EdgeError, WireError } from '#packages/foundation';

import type { ErrorBody } from '../api/agent-api.ts';

const JSON_TYPE = 'application/json';

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, JSON_TYPE, JSON.stringify(body));
}

export function send(response: ServerResponse, status: number, contentType: string, text: string | Uint8Array): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

export type ErrorBodyOf = (error: WireError & { readonly status: number }) => unknown;

const errorBody: ErrorBodyOf = (error): ErrorBody => ({ error });

/** Anything that was thrown as an answer, 500 if its code has no status; overload says when to come back. */
export function sendError(response: ServerResponse, thrown: unknown, bodyOf: ErrorBodyOf = errorBody): WireError {
  const error = wireErrorOf(thrown);
  const status = error.status ?? 500;
  const retryAfter = retryAfterSeconds({ ...error, status });
  if (!response.headersSent) {
    if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
    const allow = error.facts['allow'];
    if (typeof allow === 'string') response.setHeader('allow', allow);
    if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  }
  sendJson(response, status, bodyOf({ ...error, status }));
  return error;
}

/** When it is worth to come back, for a client that was refused; undefined if coming back will not help. */
export function retryAfterSeconds({ status, facts }: Pick<WireError, 'status' | 'facts'>): number | undefined {
  const told = facts['retryAfterSeconds'];
  return typeof told === 'number' ? told : status === 503 ? 1 : undefined;
}

/** The same for a client of which not even the head of a request is there: all that is sent before its connection ends. */
export function errorAnswer(error: EdgeError): string {
  const { status = 500, ...wire } = wireErrorOf(error);
  const text = JSON.stringify(errorBody({ ...wire, status }));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${JSON_TYPE}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${text}`;
}
