export type Group = Readonly<Record<string, unknown>>;
export type Path = readonly string[];

/** Changes that are not saved: settings by name, nested as in the configuration; null takes a value away. */
export type Draft = Group;

export function isGroup(value: unknown): value is Group {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined if nothing is there. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (node, key) => (isGroup(node) && Object.hasOwn(node, key) ? node[key] : undefined),
    value,
  );
}

export function withChange(draft: Draft, [key = '', ...rest]: Path, value: unknown): Draft {
  const before = draft[key];
  return { ...draft, [key]: rest.length === 0 ? value : withChange(isGroup(before) ? before : {}, rest, value) };
}

/** The draft without a change, and without groups that change nothing any more; a group that is new stays. */
export function withoutChange(draft: Draft, [key = '', ...rest]: Path, values: unknown): Draft {
  const { [key]: before, ...others } = draft;
  if (rest.length === 0 || !isGroup(before)) return others;
  const below = isGroup(values) ? values[key] : undefined;
  const after = withoutChange(before, rest, below);
  return Object.keys(after).length === 0 && below !== undefined ? others : { ...others, [key]: after };
}

/** The value as it will be once the draft is saved; undefined if a change above takes it away. */
export function draftedAt(values: unknown, draft: unknown, path: Path): unknown {
  let [value, change] = [values, draft];
  for (const key of path) {
    if (change === null) return undefined;
    value = isGroup(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    change = isGroup(change) && Object.hasOwn(change, key) ? change[key] : undefined;
  }
  if (isGroup(value) && isGroup(change)) return { ...value, ...change };
  return change === undefined ? value : change;
}

/** How many settings it changes. */
export function changesIn(draft: unknown): number {
  if (!isGroup(draft)) return 1;
  const counts = Object.values(draft).map(changesIn);
  return counts.length === 0 ? 1 : counts.reduce((sum, count) => sum + count, 0);
}

/** JSON pointer, as the device names settings. */
export function pointerOf(path: Path): string {
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('') || '/';
}
