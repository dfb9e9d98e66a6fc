import { decodeBase64 } from './base64.ts';
import type { CaptureEntry, CaptureEvent } from './capture-event.ts';
import { ENTRY_LISTS } from './capture-event.ts';

/** The event of a line, of ours and of the old agent's; undefined if it is damaged or not an event. */
export function readEvent(line: string): CaptureEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isEvent(value) ? value : undefined;
}

/** Raw bytes of what an entry has inline; undefined if it refers to a file or is damaged. */
export function inlineData({ data, encoding }: CaptureEntry): Buffer | undefined {
  if (data === undefined) return undefined;
  return encoding === 'BASE64' ? decodeBase64(data) : Buffer.from(data);
}

/** All places that an event's entries refer to. */
export function referencesOf(event: CaptureEvent): readonly string[] {
  return ENTRY_LISTS.flatMap((list) => event[list]).flatMap((entry) => entry['data-ref'] ?? []);
}

/** The event with other places of its side files. */
export function withReferences(event: CaptureEvent, change: (reference: string) => string): CaptureEvent {
  const changed = (entry: CaptureEntry): CaptureEntry => {
    const reference = entry['data-ref'];
    return reference === undefined ? entry : { ...entry, 'data-ref': change(reference) };
  };
  const lists = ENTRY_LISTS.map((list) => [list, event[list].map(changed)] as const);
  return { ...event, ...Object.fromEntries(lists) };
}

function isEvent(value: unknown): value is CaptureEvent {
  if (typeof value !== 'object' || value === null) return false;
  const event = value as Partial<CaptureEvent>;
  const hasLists = ENTRY_LISTS.every((list) => Array.isArray(event[list]));
  return hasLists && typeof event.eventMetadata?.eventId === 'string';
}
