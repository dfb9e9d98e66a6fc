import type http from 'node:http';
import type { OperationModel, ServiceModel } from './service-model.ts';

export interface Bound {
  readonly operation: OperationModel;
  /** The input as one object, uri, query, header and body members together. */
  readonly input: Record<string, unknown>;
  /** The parts of the request that do not belong to a member. */
  readonly faults: readonly string[];
}

interface Wire {
  readonly method: string;
  readonly url: URL;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Finds the operation of a REST-JSON request and puts its input together again (restJson1 protocol, Smithy specification). */
export function bindRest(model: ServiceModel, wire: Wire): Bound | undefined {
  for (const operation of Object.values(model.operations)) {
    if (operation.http.method !== wire.method) continue;
    const labels = matchUri(operation.http.requestUri, wire.url.pathname);
    if (labels) return bindInput(model, operation, labels, wire);
  }
  return undefined;
}

function bindInput(model: ServiceModel, operation: OperationModel, labels: Record<string, string>, wire: Wire): Bound {
  const shape = model.shapes[operation.input?.shape ?? ''];
  const members = shape?.members ?? {};
  const input: Record<string, unknown> = {};
  const faults: string[] = [];
  const queries = new Set(wire.url.searchParams.keys());
  const bodyNames = new Map<string, string>();
  for (const [name, { shape: type, location, locationName = name }] of Object.entries(members)) {
    if (location === 'uri') input[name] = labels[locationName];
    else if (location === 'querystring') {
      queries.delete(locationName);
      const values = wire.url.searchParams.getAll(locationName);
      if (values.length > 0)
        input[name] = model.shapes[type]?.type === 'list' ? values : scalar(model, type, values[0]);
    } else if (location === 'header') {
      const value = wire.headers[locationName.toLowerCase()];
      if (value !== undefined) input[name] = scalar(model, type, String(value));
    } else if (name !== shape?.payload) bodyNames.set(locationName, name);
  }
  for (const query of queries) faults.push(`?${query}: is not a query parameter of ${operation.name}`);
  const body = parseBody(wire.body, faults);
  if (shape?.payload !== undefined) input[shape.payload] = body;
  else
    for (const [name, value] of Object.entries(body ?? {})) {
      const member = bodyNames.get(name);
      if (member === undefined) faults.push(`/${name}: is not a member of the body of ${operation.name}`);
      else input[member] = value;
    }
  return {
    operation,
    input: Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)),
    faults,
  };
}

function parseBody(body: Buffer, faults: string[]): Record<string, unknown> | undefined {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString()) as Record<string, unknown>;
  } catch {
    faults.push('the body is not JSON');
    return undefined;
  }
}

function matchUri(template: string, pathname: string): Record<string, string> | undefined {
  const names: string[] = [];
  const pattern = template
    .split('?')[0]
    ?.replace(/[.+?^$()[\]\\|]/g, (char) => (char === '+' ? '+' : `\\${char}`))
    .replace(/\{(\w+)(\+?)\}/g, (_, name: string, greedy: string) => {
      names.push(name);
      return greedy ? '(.+)' : '([^/]+)';
    });
  const match = new RegExp(`^${pattern}$`).exec(pathname);
  if (!match) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')]));
}

/** Query strings and headers carry text: numbers and booleans are read back. */
function scalar(model: ServiceModel, shape: string, text: string | undefined): unknown {
  const type = model.shapes[shape]?.type;
  if (type === 'integer' || type === 'long' || type === 'double') return Number(text);
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}
