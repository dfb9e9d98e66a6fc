import { format } from 'prettier';
import { schemaPath } from '../../schema-files.ts';
import type { GeneratedFile } from '../generated-file.ts';
import type { JsonSchema } from '../schemas/json-schema-of.ts';
import { apis } from './apis.ts';
import type { Api } from './apis.ts';
import { describeRoute } from './describe-route.ts';
import { typesAsSchemas } from './types-as-schemas.ts';

/** schemas/<component>.openapi.json, which `GET /openapi.json` of the component serves. Source: OpenAPI Specification 3.1. */
export function openApiDocuments(): Promise<readonly GeneratedFile[]> {
  const types = typesAsSchemas();
  return Promise.all(
    apis().map(async (api) => ({
      path: openApiPath(api.component),
      content: await format(JSON.stringify(documentOf(api, types)), { parser: 'json', printWidth: 120 }),
    })),
  );
}

/** Relative to the project. */
export function openApiPath(component: string): string {
  return schemaPath(component).replace('.schema.json', '.openapi.json');
}

function documentOf({ component, listeners }: Api, types: ReadonlyMap<string, JsonSchema>): JsonSchema {
  const paths = new Map<string, { readonly servers: Set<JsonSchema>; readonly operations: Map<string, JsonSchema> }>();
  const servers = listeners.map(({ url, is }) => ({ url, description: is }));
  for (const [index, { routes }] of listeners.entries()) {
    for (const route of routes) {
      const item = paths.get(route.path) ?? { servers: new Set(), operations: new Map<string, JsonSchema>() };
      item.operations.set(route.method.toLowerCase(), describeRoute(route, types));
      item.servers.add(servers[index] as JsonSchema);
      paths.set(route.path, item);
    }
  }
  const items = [...paths].map(([path, { servers: own, operations }]): [string, JsonSchema] => {
    const elsewhere = own.size < servers.length ? { servers: [...own] } : {};
    return [path, { ...elsewhere, ...Object.fromEntries(operations) }];
  });
  return {
    openapi: '3.1.1',
    info: {
      title: component,
      version: '1',
      description: `What ${component} answers by HTTP. A Unix socket takes any host in the URL; here it names the socket.`,
    },
    servers,
    paths: Object.fromEntries(items),
    components: { schemas: Object.fromEntries(needed(items, types)) },
  };
}

/** The schemas that the paths refer to, and those that these refer to, by name. */
function needed(paths: unknown, types: ReadonlyMap<string, JsonSchema>): readonly (readonly [string, JsonSchema])[] {
  const found = new Set<string>();
  const look = (node: unknown): void => {
    for (const [, name = ''] of JSON.stringify(node).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (found.has(name)) continue;
      found.add(name);
      look(types.get(name));
    }
  };
  look(paths);
  return [...found].sort().map((name) => [name, types.get(name) ?? {}] as const);
}
