import type { DeviceState } from './device-state.ts';

/** Messages of a device stay below this: nucleus lite drops frames over 10 kB silently, and AWS IoT takes shadows of 8 kB. */
export const MAX_STATE_BYTES = 4_000;

type Json = Readonly<Record<string, unknown>>;

/** A number is said again if it has changed by more than this, and has grown or shrunk by half. */
const LEAST_CHANGE: Readonly<Record<string, number>> = {
  failurePercent: 2,
  p95Ms: 2,
  memoryMb: 32,
  diskFreeMb: 512,
  memoryFreeMb: 256,
  agentMemoryMb: 32,
  agentCpuPercent: 20,
};
const GROWTH = 1.5;
/** Shares are said again if they have changed by so many points. */
const LEAST_POINTS: Readonly<Record<string, number>> = {
  p95GrowthPercent: 20,
  memoryGrowthPercent: 20,
  agentMemoryGrowthPercent: 20,
  agreedPercent: 4,
};
/** A version is judged in its first hours: until then a quarter of these changes, and a growth by an eighth, is news. */
const YOUNG_SECONDS = 3 * 3_600;
const YOUNG_SHARE = 1 / 4;

/** Whether the fleet must hear of it. Numbers that waver and the time of the report are not news. */
export function isNews(said: DeviceState, now: DeviceState): boolean {
  const versions = [...Object.values(now.models), ...Object.values(now.challengers)];
  const isYoung = versions.some(({ since }) => Math.abs(now.at - since) < YOUNG_SECONDS);
  return differs(withoutTime(said), withoutTime(now), '', isYoung ? YOUNG_SHARE : 1);
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

/** The state with as many models and challengers as fit into one message, those that fail most first. */
export function fittingState(state: DeviceState): DeviceState {
  const bare = { ...state, serves: state.serves.slice(0, MAX_STATE_BYTES / 4), models: {}, challengers: {} };
  const models = fitting(state.models, (some) => ({ ...bare, models: some }));
  const challengers = fitting(state.challengers, (some) => ({ ...bare, models, challengers: some }));
  return { ...bare, models, challengers };
}

/** The first of all, those that fail most first, with which a state does not get too long. */
function fitting<One extends { readonly failurePercent: number }>(
  all: Readonly<Record<string, One>>,
  stateWith: (some: Readonly<Record<string, One>>) => DeviceState,
): Record<string, One> {
  let some: Record<string, One> = {};
  for (const [name, one] of Object.entries(all).sort(([, a], [, b]) => b.failurePercent - a.failurePercent)) {
    const more = { ...some, [name]: one };
    // Fields that were said before may come back as nulls: half of the room is kept for them.
    if (Buffer.byteLength(JSON.stringify(stateWith(more))) > MAX_STATE_BYTES / 2) break;
    some = more;
  }
  return some;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

function withoutTime({ at: _at, ...state }: DeviceState): Json {
  return state;
}

function differs(said: unknown, now: unknown, field: string, share: number): boolean {
  if (isObject(said) && isObject(now)) {
    const names = new Set([...Object.keys(said), ...Object.keys(now)]);
    return [...names].some((name) => differs(said[name], now[name], name, share));
  }
  if (typeof said !== 'number' || typeof now !== 'number') return said !== now;
  const [less, more] = said < now ? [said, now] : [now, said];
  const points = LEAST_POINTS[field];
  if (points !== undefined) return more - less >= points * share;
  const least = LEAST_CHANGE[field];
  if (least === undefined) return said !== now;
  return more - less > least * share && more > (1 + (GROWTH - 1) * share) * less;
}

function withNulls(said: Json, now: Json): Json {
  const gone = Object.keys(said).filter((name) => now[name] === undefined);
  const joined = Object.entries(now).map(([name, value]) => {
    const before = said[name];
    return [name, isObject(before) && isObject(value) ? withNulls(before, value) : value] as const;
  });
  return { ...Object.fromEntries(joined), ...Object.fromEntries(gone.map((name) => [name, null])) };
}
