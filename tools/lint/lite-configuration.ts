import { countObjects } from '#packages/ipc';
import { LITE_CONFIGURATION_BYTES, LITE_MAX_OBJECTS } from '../recipe/lite-limits.ts';
import { isPlainObject } from '../recipe/recipe.ts';

export interface TooLargeForLite {
  readonly code: 'lite.configuration-objects' | 'lite.configuration-bytes';
  readonly message: string;
  readonly fix: string;
}

/**
 * Why nucleus lite could not read the whole configuration that a component would have; undefined if it could.
 *
 * @param defaults of its recipe
 * @param merge what a deployment sets over them
 */
export function tooLargeForLite(component: string, defaults: unknown, merge: unknown): TooLargeForLite | undefined {
  const whole = merged(defaults ?? {}, merge);
  const objects = countObjects(whole);
  if (objects > LITE_MAX_OBJECTS) {
    return {
      code: 'lite.configuration-objects',
      message: `${component} would have a configuration of ${objects} objects (entries of maps twice, entries of lists once, the recipe's own included); nucleus lite reads ${LITE_MAX_OBJECTS} at most, and the component does not start with more.`,
      fix: `${biggest(whole)} Leave out settings that have their default; give a map with many entries as JSON text, which is one object${component === 'edgeml.InferenceApp' ? ' (MoreSources for sources)' : ''}.`,
    };
  }
  const bytes = Buffer.byteLength(JSON.stringify(whole));
  if (bytes <= LITE_CONFIGURATION_BYTES) return undefined;
  return {
    code: 'lite.configuration-bytes',
    message: `${component} would have a configuration of ${bytes} bytes as JSON; nucleus lite answers with ${LITE_CONFIGURATION_BYTES} at most, and the component does not start with more.`,
    fix: `${biggest(whole)} Leave out settings that have their default.`,
  };
}

/** As the nucleus merges: maps key by key, anything else is replaced. */
function merged(below: unknown, over: unknown): unknown {
  if (over === undefined) return below;
  if (!isPlainObject(below) || !isPlainObject(over)) return over;
  const keys = new Set([...Object.keys(below), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, merged(below[key], over[key])]));
}

/** Where most of it is. */
function biggest(whole: unknown): string {
  const keys = Object.entries(isPlainObject(whole) ? whole : {}).map(
    ([key, value]) => [key, countObjects(value)] as const,
  );
  const [key, objects] = keys.sort(([, one], [, other]) => other - one)[0] ?? ['nothing', 0];
  return `${key} alone has ${objects} objects.`;
}
