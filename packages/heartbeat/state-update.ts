import type { DeviceState } from './device-state.ts';

/** Messages of a device stay below this: nucleus lite drops frames over 10 kB silently, and AWS IoT takes shadows of 8 kB. */
export const MAX_STATE_BYTES = 4_000;

type Json = Readonly<Record<string, unknown>>;

/** A number is said again if it has grown or shrunk by half, and by more than this. */
const LEAST_CHANGE: Readonly<Record<string, number>> = {
  failurePercent: 2,
  p95Ms: 2,
  memoryMb: 32,
  diskFreeMb: 512,
  memoryFreeMb: 256,
};
const GROWTH = 1.5;

/** Whether the fleet must hear of it. Numbers that waver and the time of the report are no news. */
export function isNews(said: DeviceState, now: DeviceState): boolean {
  return differs(withoutTime(said), withoutTime(now), '');
}

/**
 * The message that makes the reported document of a shadow what it is to be. AWS IoT joins documents and takes away only what is null, therefore
 * all that was said before and is gone is null; `undefined` before: nothing is known of the shadow, and all of it goes.
 *
 * @returns the messages in their order, each under 4 kB; models that do not fit are left out of `models`, not of `serves`
 */
export function stateUpdates(said: DeviceState | undefined, now: DeviceState): readonly string[] {
  const reported = said ? withNulls(said, now) : now;
  const update = JSON.stringify({ state: { reported } });
  return said ? [update] : [JSON.stringify({ state: { reported: null } }), update];
}

/** The state with as many models as fit into one message, those that fail most first. */
export function fittingState(state: DeviceState): DeviceState {
  const worst = Object.entries(state.models).sort(([, a], [, b]) => b.failurePercent - a.failurePercent);
  const serves = state.serves.slice(0, MAX_STATE_BYTES / 4);
  let models: DeviceState['models'] = {};
  for (const [name, model] of worst) {
    const more = { ...models, [name]: model };
    // Fields that were said before may come back as nulls: half of the room is kept for them.
    if (Buffer.byteLength(JSON.stringify({ ...state, serves, models: more })) > MAX_STATE_BYTES / 2) break;
    models = more;
  }
  return { ...state, serves, models };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

function withoutTime({ at: _at, ...state }: DeviceState): Json {
  return state;
}

function differs(said: unknown, now: unknown, field: string): boolean {
  if (isObject(said) && isObject(now)) {
    const names = new Set([...Object.keys(said), ...Object.keys(now)]);
    return [...names].some((name) => differs(said[name], now[name], name));
  }
  const least = LEAST_CHANGE[field];
  if (least === undefined || typeof said !== 'number' || typeof now !== 'number') return said !== now;
  const [less, more] = said < now ? [said, now] : [now, said];
  return more - less > least && more > GROWTH * less;
}

function withNulls(said: Json, now: Json): Json {
  const gone = Object.keys(said).filter((name) => now[name] === undefined);
  const joined = Object.entries(now).map(([name, value]) => {
    const before = said[name];
    return [name, isObject(before) && isObject(value) ? withNulls(before, value) : value] as const;
  });
  return { ...Object.fromEntries(joined), ...Object.fromEntries(gone.map((name) => [name, null])) };
}
