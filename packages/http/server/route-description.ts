import type { ZodType } from 'zod';

/** What `GET /openapi.json` says of a route. Generated into schemas/, never read while a request is served. */
export interface RouteDescription {
  /** One sentence: the effect of the request. */
  readonly summary: string;
  /** Keys of the query, each with its meaning; all of them may be left out. */
  readonly query?: Readonly<Record<string, string>>;
  /** Headers of the request, each with its meaning; all of them may be left out. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyDescription;
  /** By status. Failures need no line: every route answers those in the form of its errors. */
  readonly answers: Readonly<Record<number, AnswerDescription>>;
}

export interface AnswerDescription extends Partial<BodyDescription> {
  readonly is: string;
}

/** The content of a body by its type, e.g. `image/jpeg`. */
export interface BodyDescription {
  readonly content: Readonly<Record<string, ContentDescription>>;
}

export type ContentDescription =
  | 'bytes'
  | 'text'
  /** The schema that the route checks the body with. */
  | { readonly schema: ZodType }
  /** The name of an interface of packages/http/api, or of one that it names. */
  | { readonly type: string }
  /** An array of the interface of that name. */
  | { readonly listOf: string };

/** An answer of one JSON value. */
export function jsonAnswer(is: string, content: ContentDescription): AnswerDescription {
  return { is, content: { 'application/json': content } };
}
