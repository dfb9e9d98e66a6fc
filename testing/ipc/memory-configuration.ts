type Group = Record<string, unknown>;

/** Configuration of the twin: plain values, one time per component. */
export class MemoryConfiguration {
  readonly #values: Group = {};
  readonly #times = new Map<string, number>();

  get(component: string, keyPath: readonly string[]): unknown {
    const path = [component, ...keyPath];
    const value = path.reduce<unknown>((node, key) => (isGroup(node) ? node[key] : undefined), this.#values);
    return structuredClone(value);
  }

  set(component: string, keyPath: readonly string[], value: unknown): void {
    let node = this.#values;
    for (const key of [component, ...keyPath.slice(0, -1)]) {
      const next = node[key];
      node = isGroup(next) ? next : (node[key] = {});
    }
    const leaf = keyPath.at(-1);
    if (leaf === undefined) this.#values[component] = structuredClone(value);
    else node[leaf] = structuredClone(value);
  }

  /** False where a newer value stands. */
  merge(component: string, keyPath: readonly string[], value: unknown, timestampMs: number): boolean {
    if (timestampMs < (this.#times.get(component) ?? 0)) return false;
    this.#times.set(component, timestampMs);
    this.set(component, keyPath, merged(this.get(component, keyPath), value));
    return true;
  }
}

export function isGroup(value: unknown): value is Group {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merged(old: unknown, value: unknown): unknown {
  if (!isGroup(old) || !isGroup(value)) return value;
  const changes = Object.entries(value).map(([key, child]) => [key, merged(old[key], child)] as const);
  return { ...old, ...Object.fromEntries(changes) };
}
