import { readServes } from '#packages/heartbeat';
import type { FleetDevice } from '../fleet-devices.ts';
import type { FleetFilter } from '../fleet-filter.ts';
import type { IndexedDevice } from './fleet-index.ts';
import { above, all, below, CONNECTED, contains, inGroup, is, KNOWN, modelField, OFFLINE, reported } from './query.ts';
import type { Query } from './query.ts';

/** The devices of a group, or all that have reported a state. */
export function membersQuery(group: string | undefined): Query {
  return group === undefined ? KNOWN : inGroup(group);
}

/** A filter as the terms that the index takes. Models are asked for by their names, not by their aliases. */
export function filterQuery(filter: FleetFilter): Query | undefined {
  const { presence, model, modelVersion, heartbeatAfter, heartbeatBefore, nameContains } = filter;
  const terms = [
    presence === undefined ? undefined : presence === 'connected' ? CONNECTED : OFFLINE,
    model === undefined ? undefined : modelTerm(model, modelVersion),
    heartbeatAfter === undefined ? undefined : above(reported('at'), seconds(heartbeatAfter)),
    heartbeatBefore === undefined ? undefined : below(reported('at'), seconds(heartbeatBefore)),
    nameContains === undefined ? undefined : contains('thingName', nameContains),
  ].filter((term) => term !== undefined);
  return terms.length === 0 ? undefined : all(...terms);
}

/** A device of the index in the form that lists and pages take. */
export function fleetDeviceOf({ thing, connected, state }: IndexedDevice): FleetDevice {
  if (!state) return { thing, connected, models: [] };
  const marks = readServes(state.serves);
  return {
    thing,
    health: state.state,
    ...(state.platform === undefined ? {} : { platform: state.platform }),
    ...(state.architecture === undefined ? {} : { architecture: state.architecture }),
    agentVersion: state.agent,
    lastHeartbeat: state.at * 1_000,
    connected,
    models: Object.entries(state.models).map(([key, model]) => {
      const name = key.split(':')[0] ?? key;
      const mark = marks.find((one) => one.name === name && one.version === model.version);
      return {
        handle: model.alias,
        name,
        version: model.version,
        active: connected && mark?.active === true,
        sampling: connected && mark?.sampling === true,
        ...(model.provider === undefined ? {} : { provider: model.provider }),
        ...(model.golden === undefined ? {} : { golden: model.golden }),
      };
    }),
  };
}

function modelTerm(name: string, version: string | undefined): Query {
  return version === undefined ? above(modelField(name, 'since'), 0) : is(modelField(name, 'version'), version);
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
