import { fromWire } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import type { ErrorBody } from './api/agent-api.ts';
import type { HttpAnswer } from './http-client.ts';
import { httpErrors } from './errors.ts';
import type { Peer } from './peer.ts';

/** Reads the answers of one peer. An answer that it cannot read is the peer's `….bad-answer`. */
export interface AnswerReader {
  /** The answer, if it is 2xx; else throws the error that the peer sent, with `retryAfterMs` if it named one. */
  checked(answer: HttpAnswer): HttpAnswer;
  /** Body of any answer, as a JSON object or list. */
  parsed(path: string, answer: HttpAnswer): unknown;
  badAnswer(path: string, what: string): EdgeError;
}

export function answerReader(peer: Peer): AnswerReader {
  const reader: AnswerReader = {
    checked(answer) {
      if (answer.status >= 200 && answer.status < 300) return answer;
      const body = reader.parsed('', answer) as Partial<ErrorBody>;
      if (typeof body.error?.code !== 'string')
        throw reader.badAnswer('', `status ${answer.status} without an error body`);
      throw fromWire({ ...body.error, facts: { ...body.error.facts, ...retryAfter(answer) } });
    },
    parsed(path, answer) {
      const text = answer.body.toString();
      try {
        const value: unknown = JSON.parse(text);
        if (typeof value === 'object' && value !== null) return value;
      } catch {
        // Said below, as for JSON that is not an object.
      }
      throw reader.badAnswer(path, `status ${answer.status} with "${text.slice(0, 100)}" instead of JSON`);
    },
    badAnswer(path, what) {
      const message = `${peer.name}'s answer${path ? ` to ${path}` : ''} cannot be understood: ${what}`;
      return httpErrors.error(peer.codes.badAnswer, message, path === '' ? {} : { facts: { path } });
    },
  };
  return reader;
}

function retryAfter(answer: HttpAnswer): Record<string, number> {
  const seconds = Number(answer.headers['retry-after']);
  return Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {};
}
