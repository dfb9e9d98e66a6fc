import { randomUUID } from 'node:crypto';
import type { HeartbeatMessage } from '#packages/heartbeat';
import { leastInstanceMemory } from '#packages/model-package';
import type { CloudClients } from '../clients.ts';
import type { Target } from '../deployments/target.ts';
import { needFleetIndex } from '../fleet/index/fleet-index.ts';
import type { FleetIndex, IndexedDevice } from '../fleet/index/fleet-index.ts';
import {
  all,
  any,
  atLeast,
  CONNECTED,
  grouped,
  inGroup,
  is,
  modelField,
  not,
  OFFLINE,
  reported,
  textOf,
} from '../fleet/index/query.ts';
import type { Query } from '../fleet/index/query.ts';
import type { ReceivedHeartbeat } from '../fleet/heartbeat-store.ts';
import type { PromotionPlan } from '../promotion/promotion-plan.ts';
import type { ArtifactSize } from './artifact-size.ts';
import { componentNeeds } from './component-needs.ts';
import type { ComponentNeeds } from './component-needs.ts';
import { heldGroups } from './held-groups.ts';
import { judgeFitness, SPARE_DISK_BYTES } from './judge-fitness.ts';
import type { Fitness } from './judge-fitness.ts';
import type { DeviceReason, Preflight } from './findings.ts';

/** Devices of which nothing is known that a pre-flight names; all are counted. */
const NAMED = 20;
const MB = 1_000_000;

/**
 * Holds the plan against the fleet index. It finds the devices that may lack something; only those are read, and judged one by one. The number
 * of requests grows with them and with the devices that are held back, not with the ring.
 */
export async function preflightByIndex(
  clients: CloudClients,
  plan: PromotionPlan,
  target: Pick<Target, 'name'>,
  { signal, now, returning }: { signal: AbortSignal; now: number; returning: readonly string[] },
): Promise<Preflight> {
  const index = await needFleetIndex(clients, signal);
  const needs = await componentNeeds(clients, plan.components, signal);
  const members = inGroup(target.name);
  const { models } = plan.gate;
  const judge = (device: IndexedDevice): Fitness =>
    judgeFitness(device.thing, heartbeatOf(device, now), { needs, models, settings: plan.preflight, now });
  const short = mayLack(plan, needs);
  const unfit: DeviceReason[] = [];
  for await (const device of index.search(textOf(all(members, CONNECTED, short)))) {
    const { thing, verdict, reason = '' } = judge(device);
    if (verdict === 'unfit') unfit.push({ thing, reason });
  }
  const total = await index.count(textOf(members));
  const offline = await index.count(textOf(all(members, OFFLINE)));
  const gone = offline > 0 ? await index.first(textOf(all(members, OFFLINE)), NAMED) : [];
  const held = await heldDevices(clients, index, target.name, signal);
  const back = held.filter((device) => judge(device).verdict === 'fits').map(({ thing }) => thing);
  return {
    fits: total - offline - unfit.length + back.length,
    unfit,
    unknown: gone.map(({ thing }) => ({ thing, reason: 'it is offline' })),
    unknownCount: offline,
    unmeasured: needs.filter(({ manifests }) => manifests.some(({ size }) => !size)).map(({ component }) => component),
    returning: [...new Set([...returning, ...back])],
  };
}

async function heldDevices(
  clients: CloudClients,
  index: FleetIndex,
  ring: string,
  signal: AbortSignal,
): Promise<readonly IndexedDevice[]> {
  const found: IndexedDevice[] = [];
  for (const group of (await heldGroups(clients, ring, signal)).keys())
    for await (const device of index.search(textOf(all(inGroup(group), CONNECTED)))) found.push(device);
  return found;
}

/**
 * The devices that may not be able to take the version: those that do not have all that the largest manifests need. A system and a processor
 * are looked for by themselves, so that the device that has neither of the pairs that the manifests name is tried.
 */
function mayLack({ gate: { models }, preflight }: PromotionPlan, needs: readonly ComponentNeeds[]): Query {
  const largest = (of: (size: ArtifactSize) => number): readonly number[] =>
    needs.map(({ manifests }) => Math.max(0, ...manifests.flatMap(({ size }) => (size ? of(size) : []))));
  const disk = largest(({ bytes, unpackedBytes }) => bytes + unpackedBytes).reduce((a, b) => a + b, SPARE_DISK_BYTES);
  const model = Math.max(0, ...largest(({ largestModelBytes }) => largestModelBytes));
  const estimate = model > 0 ? leastInstanceMemory(model) : 0;
  const memory = preflight.memoryMb === undefined ? estimate : preflight.memoryMb * MB;
  const providers = new Set(models.flatMap(({ provider }) => provider ?? []));
  const has = all(
    atLeast(reported('diskFreeMb'), Math.ceil(disk / MB)),
    memory > 0 ? atLeast(reported('memoryFreeMb'), Math.ceil(memory / MB)) : undefined,
    ...[...providers].map((provider) => is(reported('providers'), provider)),
    oneOf('platform', SYSTEMS, needs, 'os'),
    oneOf('architecture', PROCESSORS, needs, 'architecture'),
  );
  const [first] = models;
  // Devices that have the version already fit.
  const lacksIt = first && models.length === 1 ? not(is(modelField(first.name, 'version'), first.version)) : undefined;
  return all(not(grouped(has)), lacksIt);
}

/** Words of manifests, and those of Node.js for the same. */
const SYSTEMS = { linux: 'linux', windows: 'win32', darwin: 'darwin' } as const;
const PROCESSORS = { amd64: 'x64', aarch64: 'arm64', arm: 'arm' } as const;

/** The values of a field for which every component has a manifest; undefined if each has one for any. */
function oneOf(
  field: 'platform' | 'architecture',
  words: Readonly<Record<string, string>>,
  needs: readonly ComponentNeeds[],
  attribute: 'os' | 'architecture',
): Query | undefined {
  const wanted = needs.map(({ manifests }) => manifests.map(({ platform }) => platform[attribute] ?? '*'));
  if (wanted.every((own) => own.includes('*'))) return undefined;
  const takes = (pattern: string, word: string): boolean => {
    const expression = /^\/(.*)\/$/.exec(pattern)?.[1];
    return (
      pattern === '*' || pattern === word || (expression !== undefined && new RegExp(`^(?:${expression})$`).test(word))
    );
  };
  const common = Object.keys(words).filter((word) =>
    wanted.every((own) => own.some((pattern) => takes(pattern, word))),
  );
  return common.length === 0 ? undefined : any(...common.map((word) => is(reported(field), words[word] ?? word)));
}

/** The state of a device in the form in which heartbeats tell it. */
function heartbeatOf({ thing, connected, state }: IndexedDevice, now: number): ReceivedHeartbeat | undefined {
  if (!state) return undefined;
  const { nucleus, providers, diskFreeMb, memoryFreeMb, platform, architecture } = state;
  const heartbeat: HeartbeatMessage = {
    HeartbeatId: randomUUID(),
    Part: 1,
    Parts: 1,
    Timestamp: state.at,
    PeriodSeconds: 1,
    AgentVersion: state.agent,
    DeviceName: thing,
    DeviceFleetName: '',
    ThingName: thing,
    AgentMetrics: [],
    Device: {
      ...(nucleus === 'java' || nucleus === 'lite' || nucleus === 'none' ? { Nucleus: nucleus } : {}),
      ...(platform === undefined ? {} : { Platform: platform }),
      ...(architecture === undefined ? {} : { Architecture: architecture }),
      ...(providers === undefined ? {} : { Providers: providers.split(' ') }),
      ...(diskFreeMb === undefined ? {} : { DiskFreeBytes: diskFreeMb * MB }),
      ...(memoryFreeMb === undefined ? {} : { MemoryAvailableBytes: memoryFreeMb * MB }),
    },
    Models: Object.entries(state.models).map(([name, { alias, version, provider }]) => ({
      ModelHandle: alias,
      ModelName: name,
      ModelVersion: version,
      ModelMetrics: [],
      ...(provider === undefined ? {} : { Provider: provider }),
    })),
  };
  // Connected means that its last word is from now.
  return { heartbeat, receivedAt: connected ? now : 0 };
}
