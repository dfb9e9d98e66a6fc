import { AGENT_FIELD, SERVES_FIELD, STATE_FIELD } from '../../tools/cloud/fleet/index/query.ts';
import { servesOf } from '#packages/heartbeat';
import type { DeviceState, ModelState } from '#packages/heartbeat';
import type { IndexedThing } from './index-query.ts';
import type { IndexStandIn } from './index-stand-in.ts';

export function sampleModelState(changes: Partial<ModelState> = {}): ModelState {
  return {
    alias: 'parts',
    version: '1.0.0',
    provider: 'cpu',
    golden: 'PASSED',
    since: 1_700_000_000,
    requests: 500,
    failurePercent: 0,
    p95Ms: 40,
    ...changes,
  };
}

export function sampleState(changes: Partial<DeviceState> = {}): DeviceState {
  const { models = { PartsDetector: sampleModelState() } } = changes;
  const served = Object.entries(models).map(([name, { version }]) => ({
    name,
    version,
    active: true,
    sampling: false,
  }));
  return {
    at: 1_700_000_600,
    agent: '1.0.0',
    state: 'OK',
    serves: servesOf(served),
    nucleus: 'java',
    platform: 'linux',
    architecture: 'x64',
    providers: 'cpu',
    diskFreeMb: 8_000,
    memoryFreeMb: 2_000,
    starts: 1,
    crashes: 0,
    startTimes: {},
    crashTimes: {},
    agentMemoryMb: 90,
    agentCpuPercent: 5,
    models,
    challengers: {},
    ...changes,
  };
}

export interface IndexedSample {
  readonly thing: string;
  readonly groups?: readonly string[];
  /** Undefined: it has never connected. */
  readonly connected?: boolean;
  readonly state?: DeviceState;
}

/** Has the index know a device. */
export function putIndexed(index: IndexStandIn, { thing, groups = [], connected, state }: IndexedSample): void {
  const document: IndexedThing = {
    thingName: thing,
    thingGroupNames: groups,
    ...(state ? { shadow: { name: { edgeml: { reported: state } } } } : {}),
    ...(connected === undefined ? {} : { connectivity: { connected, timestamp: 1_700_000_000_000 } }),
  };
  index.things.set(thing, document);
}

/** The configuration of an index that has all that the commands need. */
export const INDEXED = {
  thingIndexingMode: 'REGISTRY_AND_SHADOW',
  thingConnectivityIndexingMode: 'STATUS',
  namedShadowIndexingMode: 'ON',
  filter: { namedShadowNames: ['edgeml'] },
  customFields: [SERVES_FIELD, AGENT_FIELD, STATE_FIELD].map((name) => ({ name, type: 'String' })),
};
