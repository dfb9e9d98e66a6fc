import { STATE_SHADOW } from '#packages/heartbeat';
import { cloudErrors } from '../../errors.ts';

/** Terms of a query, and characters of one with a leading wildcard ("Query syntax" in the developer guide of AWS IoT Core). */
export const MAX_TERMS = 12;
const MAX_WILDCARD_LENGTH = 100;

const REPORTED = `shadow.name.${STATE_SHADOW}.reported`;

export const SERVES_FIELD = `${REPORTED}.serves`;
export const AGENT_FIELD = `${REPORTED}.agent`;
export const STATE_FIELD = `${REPORTED}.state`;

/** A query of the fleet index under construction: how many terms it has is a quota. */
export interface Query {
  readonly text: string;
  readonly terms: number;
}

type Value = string | number | boolean;

const EVERYTHING: Query = { text: '*', terms: 1 };

export const reported = (field: string): string => `${REPORTED}.${field}`;

/**
 * A field of a model that serves, or that runs beside one.
 *
 * @throws EdgeError `fleet.index-name` for a name that a query cannot hold
 */
export function modelField(name: string, field: string, kind: 'models' | 'challengers' = 'models'): string {
  if (!/^[\w-]+$/.test(name))
    throw cloudErrors.error('fleet.index-name', `the fleet index cannot be asked for the model "${name}"`);
  return `${REPORTED}.${kind}.${name}.${field}`;
}

export function is(field: string, value: Value): Query {
  const text = typeof value === 'string' ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : String(value);
  return { text: `${field}:${text}`, terms: 1 };
}

export function above(field: string, value: number): Query {
  return { text: `${field}>${value}`, terms: 1 };
}

export function atLeast(field: string, value: number): Query {
  return { text: `${field}>=${value}`, terms: 1 };
}

export function below(field: string, value: number): Query {
  return { text: `${field}<${value}`, terms: 1 };
}

export function not(query: Query): Query {
  return { text: `NOT ${query.text}`, terms: query.terms };
}

/** A name that holds a text. Queries with it end at 100 characters. */
export function contains(field: string, part: string): Query {
  if (!/^[\w:-]+$/.test(part))
    throw cloudErrors.error('fleet.index-name', `the fleet index cannot be asked for names with "${part}"`);
  return { text: `${field}:*${part}*`, terms: 1 };
}

export function all(...queries: readonly (Query | undefined)[]): Query {
  const given = queries.filter((query) => query !== undefined);
  if (given.length === 0) return EVERYTHING;
  return { text: given.map(({ text }) => text).join(' AND '), terms: sumOf(given) };
}

export function any(...queries: readonly Query[]): Query {
  const text = queries.map((query) => query.text).join(' OR ');
  return { text: queries.length > 1 ? `(${text})` : text, terms: sumOf(queries) };
}

export function grouped(query: Query): Query {
  return query.terms > 1 ? { ...query, text: `(${query.text})` } : query;
}

export const inGroup = (name: string): Query => is('thingGroupNames', name);
export const CONNECTED: Query = is('connectivity.connected', true);
/** Never heard of, too. */
export const OFFLINE: Query = not(CONNECTED);
/** Devices that have reported a state. */
export const KNOWN: Query = above(reported('at'), 0);

/** The text of a query. @throws EdgeError `fleet.index-terms` if AWS IoT would refuse it for its length */
export function textOf({ text, terms }: Query): string {
  if (text.includes(':*') && text.length > MAX_WILDCARD_LENGTH) {
    const message = `AWS IoT takes ${MAX_WILDCARD_LENGTH} characters with a part of a name, and the query has ${text.length}`;
    throw cloudErrors.error('fleet.index-terms', message, { facts: { terms } });
  }
  if (terms <= MAX_TERMS) return text;
  const message = `a query of the fleet index has ${terms} terms, and AWS IoT takes ${MAX_TERMS}`;
  throw cloudErrors.error('fleet.index-terms', message, { facts: { terms } });
}

function sumOf(queries: readonly Query[]): number {
  return queries.reduce((sum, { terms }) => sum + terms, 0);
}
