/**
 * Most objects of a message that nucleus lite surely delivers as a map: its subscribers decode 50 (`PAYLOAD_MAX_SUBOBJECTS`, core-bus), and
 * the event around the message takes up to 8 of them. Measured on 2.6.0: a map of 23 keys arrives, one of 24 is lost, and the
 * subscription hears nothing more.
 */
export const LITE_MAX_OBJECTS = 42;

/** Most levels of maps and lists: lite decodes 15 (`GG_MAX_OBJECT_DEPTH`), the request around the message takes 3. */
export const LITE_MAX_DEPTH = 12;

/** Objects of a JSON value as nucleus lite counts them: 2 for each entry of a map, 1 for each of a list, at all levels. */
export function countObjects(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const each = Array.isArray(value) ? 1 : 2;
  return Object.values(value).reduce<number>((sum, item) => sum + each + countObjects(item), 0);
}

/** Levels of maps and lists of a JSON value: 0 for a number or text, 1 for a flat map. */
export function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Object.values(value).reduce<number>((deepest, item) => Math.max(deepest, depthOf(item)), 0);
}
