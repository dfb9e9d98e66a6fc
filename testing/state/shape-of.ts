// Which keys a JSON value has, at any depth, without its values: `{a: [{b: 1}]}` has `/a`, `/a/*` and the `/b` below it.
export function shapeOf(value: unknown, pointer = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const children = Array.isArray(value) ? value.map((child) => ['*', child] as const) : Object.entries(value);
  const all = children.flatMap(([key, child]) => [`${pointer}/${key}`, ...shapeOf(child, `${pointer}/${key}`)]);
  return [...new Set(all)];
}
