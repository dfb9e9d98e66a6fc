type Group = Readonly<Record<string, unknown>>;

/**
 * The part of a configuration that is to be written for a change, a group with the new values; null takes a value away. A group that
 * stands as JSON text (the form for nucleus lite) is written as the whole text.
 */
export function valueToWrite(before: unknown, change: unknown): unknown {
  if (!isGroup(change)) return change;
  const text = groupInText(before);
  if (text) return JSON.stringify(withoutNulls(merged(text, change)));
  return Object.fromEntries(
    Object.entries(change).map(([key, value]) => [key, valueToWrite(isGroup(before) ? before[key] : undefined, value)]),
  );
}

/** A configuration after a nucleus has merged a value into it. */
export function merged(before: unknown, value: unknown): unknown {
  if (!isGroup(before) || !isGroup(value)) return value;
  const changes = Object.entries(value).map(([key, child]) => [key, merged(before[key], child)] as const);
  return { ...before, ...Object.fromEntries(changes) };
}

export function isGroup(value: unknown): value is Group {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function groupInText(value: unknown): Group | undefined {
  if (typeof value !== 'string' || !value.trimStart().startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return isGroup(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function withoutNulls(value: unknown): unknown {
  if (!isGroup(value)) return value;
  const kept = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(kept.map(([key, child]) => [key, withoutNulls(child)]));
}
