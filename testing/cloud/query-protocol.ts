import type { ServiceModel } from './service-model.ts';

/**
 * The input of a request in the AWS Query protocol (Smithy specification, awsQuery): `Parameters.member.1.ParameterKey=…`, numbers and
 * booleans read back as the model says.
 */
export function readQuery(model: ServiceModel, body: string): { name: string; input: Record<string, unknown> } {
  const form = new URLSearchParams(body);
  const name = form.get('Action') ?? '';
  const tree: Tree = {};
  for (const [key, value] of form) {
    if (key === 'Action' || key === 'Version') continue;
    const parts = key.split('.');
    const last = parts.pop() ?? '';
    const at = parts.reduce<Tree>((node, part) => (node[part] ??= {}) as Tree, tree);
    at[last] = value;
  }
  const input = typed(model, model.operations[name]?.input?.shape ?? '', tree) as Record<string, unknown>;
  return { name, input };
}

interface Tree {
  [key: string]: Tree | string;
}

function typed(model: ServiceModel, shapeName: string, value: Tree | string): unknown {
  const shape = model.shapes[shapeName];
  if (typeof value === 'string') {
    // An empty list is written as `Parameters=`.
    if (shape?.type === 'list' && value === '') return [];
    if (shape?.type === 'boolean') return value === 'true';
    return shape?.type === 'integer' || shape?.type === 'long' ? Number(value) : value;
  }
  if (shape?.type === 'list')
    return Object.values((value['member'] ?? {}) as Tree).map((one) => typed(model, shape.member?.shape ?? '', one));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, typed(model, shape?.members?.[key]?.shape ?? '', one)]),
  );
}

/** An answer in the same protocol. */
export function queryAnswer(name: string, output: object): string {
  return `<${name}Response><${name}Result>${xmlOf(output)}</${name}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></${name}Response>`;
}

export function queryError(code: string, message: string): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
}

function xmlOf(value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => `<member>${xmlOf(one)}</member>`).join('');
  if (typeof value !== 'object' || value === null) return escaped(String(value));
  return Object.entries(value)
    .map(([key, one]) => `<${key}>${xmlOf(one)}</${key}>`)
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
