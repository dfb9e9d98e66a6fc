import type { BodyDescription, ContentDescription, Route } from '#packages/http';
import { buildErrors } from '../../errors.ts';
import { jsonSchemaOf } from '../schemas/json-schema-of.ts';
import type { JsonSchema } from '../schemas/json-schema-of.ts';

/**
 * A route as an operation of OpenAPI 3.1.
 *
 * @param types schemas by the names of their interfaces
 * @throws EdgeError `build.route-undescribed`
 */
export function describeRoute(route: Route, types: ReadonlyMap<string, JsonSchema>): JsonSchema {
  const { method, path, api, errorBody } = route;
  if (!api) throw undescribed(route, 'does not have `api`');
  const schemaOf = (content: ContentDescription): JsonSchema => {
    if (content === 'bytes') return {};
    if (content === 'text') return { schema: { type: 'string' } };
    if ('schema' in content) return { schema: jsonSchemaOf(content.schema, { io: 'input' }) };
    const name = 'type' in content ? content.type : content.listOf;
    if (!types.has(name)) throw undescribed(route, `names the type ${name}, which the API does not have`);
    const reference = { $ref: `#/components/schemas/${name}` };
    return { schema: 'type' in content ? reference : { type: 'array', items: reference } };
  };
  const contentOf = (content: BodyDescription['content'] | undefined): JsonSchema =>
    content ? { content: mapped(content, schemaOf) } : {};
  const failure = { type: errorBody ? 'OpenInferenceError' : 'ErrorBody' };
  return {
    operationId: [method.toLowerCase(), ...(path.match(/\w+/g) ?? [])].join('_'),
    summary: api.summary,
    parameters: [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ ...parameter('path', name ?? ''), required: true })),
      ...Object.entries(api.query ?? {}).map(([name, description]) => ({ ...parameter('query', name), description })),
      ...Object.entries(api.headers ?? {}).map(([name, description]) => ({
        ...parameter('header', name),
        description,
      })),
    ],
    ...(api.body ? { requestBody: contentOf(api.body.content) } : {}),
    responses: {
      ...mapped(api.answers, ({ is, content }) => ({ description: is, ...contentOf(content) })),
      default: {
        description: 'The request was refused, or failed; docs/errors.md has the codes.',
        ...contentOf({ 'application/json': failure }),
      },
    },
  };
}

function parameter(place: 'path' | 'query' | 'header', name: string): JsonSchema {
  return { name, in: place, schema: { type: 'string' } };
}

function mapped<T, U>(entries: Readonly<Record<string, T>>, by: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, by(value)]));
}

function undescribed({ method, path }: Route, why: string) {
  return buildErrors.error('build.route-undescribed', `the route ${method} ${path} ${why}`, {
    facts: { method, path },
  });
}
