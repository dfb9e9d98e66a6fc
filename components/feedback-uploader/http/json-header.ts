import type { IncomingMessage } from 'node:http';
import { uploaderErrors } from '../errors.ts';

/**
 * Value of a header that carries JSON; undefined if the request has none. Node takes header bytes for Latin-1, clients
 * that do not escape send UTF-8.
 *
 * @throws EdgeError `feedback.bad-sample`
 */
export function jsonHeader(request: IncomingMessage, name: string): unknown {
  const header = request.headers[name];
  if (header === undefined) return undefined;
  const text = Buffer.from(String(header), 'latin1').toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const start = text.length > 100 ? `${text.slice(0, 100)}…` : text;
    throw uploaderErrors.error('feedback.bad-sample', `the header ${name} is not JSON: ${start}`);
  }
}
