/** A request as `--dry-run` shows it: the operation and exactly its input. Bytes are shown as text or by their size. */
export interface RequestView {
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
}

export function requestView(service: string, command: { readonly input: object }): RequestView {
  const operation = command.constructor.name.replace(/Command$/, '');
  return { service, operation, input: readable(command.input) };
}

function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => (entry === undefined ? [] : [[key, readable(entry)]])),
  );
}
