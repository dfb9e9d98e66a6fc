import type { DeviceState } from '#packages/heartbeat';
import type { FleetIndex } from '../fleet/index/fleet-index.ts';
import { textOf } from '../fleet/index/query.ts';
import type { Query } from '../fleet/index/query.ts';
import { compareNumbers } from './compare-numbers.ts';
import type { Comparison, KnownNumbers } from './compare-numbers.ts';
import { present } from './observations.ts';
import type { ChallengerNumbers, DeviceNumbers } from './observations.ts';
import type { GateSettings } from './promotion-plan.ts';

const MB = 1_000_000;
/** Devices whose numbers an approver is shown: one page of the index. */
const SAMPLE = 100;

/** The numbers of a stage for its approver, of 100 devices at most, beside those of the version before. */
export async function sampleNumbers(
  index: FleetIndex,
  took: Query,
  settings: GateSettings,
): Promise<readonly Comparison[]> {
  const devices = await index.first(textOf(took), SAMPLE);
  const states = devices.flatMap(({ thing, state }) => (state ? [[thing, state] as const] : []));
  const now = new Map(states.map(([thing, state]) => [thing, numbersOfState(state)]));
  const before = Object.fromEntries(states.map(([thing, state]) => [thing, formerNumbers(state)]));
  const rows = compareNumbers(settings, [...now.keys()], now, before);
  return [{ what: 'devices of which these numbers are', now: now.size }, ...rows];
}

/** A state in the form that heartbeats are looked at in. Counts are as rough as the state tells them. */
function numbersOfState(state: DeviceState): DeviceNumbers {
  const models = Object.entries(state.models).map(([name, model]) => {
    const { version, requests, failurePercent, p95Ms, memoryMb } = model;
    const failures = Math.round((requests * failurePercent) / 100);
    return [
      name,
      { version, inferences: requests - failures, failures, ...present({ p95Ms, memoryBytes: bytes(memoryMb) }) },
    ] as const;
  });
  const challengers = Object.entries(state.challengers).map(([name, one]): ChallengerNumbers => {
    const { alias, version, champion: championName, championVersion, frames = 0, agreedPercent = 0, requests } = one;
    const agreed = Math.round((frames * agreedPercent) / 100);
    const failed = Math.round((requests * one.failurePercent) / 100);
    return { alias, name, version, championName, championVersion, frames, agreed, failed };
  });
  return {
    crashes: state.crashes,
    ...present({ starts: state.starts, memoryBytes: bytes(state.agentMemoryMb), cpuPercent: state.agentCpuPercent }),
    models: Object.fromEntries(models),
    ...(challengers.length > 0 ? { challengers } : {}),
  };
}

/** A device's figures of the version before. */
function formerNumbers({ models, formerAgentMemoryMb }: DeviceState): KnownNumbers {
  const former = Object.entries(models).map(([name, { formerP95Ms: p95Ms, formerMemoryMb }]) => {
    const numbers = present({ p95Ms, memoryBytes: bytes(formerMemoryMb) });
    return [name, numbers] as const;
  });
  return { ...present({ memoryBytes: bytes(formerAgentMemoryMb) }), models: Object.fromEntries(former) };
}

function bytes(megabytes: number | undefined): number | undefined {
  return megabytes === undefined ? undefined : megabytes * MB;
}
