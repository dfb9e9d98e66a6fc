import { presenceOf } from '#packages/heartbeat';
import type { HeartbeatDevice } from '#packages/heartbeat';
import { leastInstanceMemory } from '#packages/model-package';
import { devicePlatform, LITE_RUNTIME } from '../../recipe/device-platform.ts';
import { manifestMatches } from '../../recipe/manifest-match.ts';
import type { ReceivedHeartbeat } from '../fleet/heartbeat-store.ts';
import type { GateSettings, PromotionPlan } from '../promotion/promotion-plan.ts';
import type { ComponentNeeds, ManifestNeeds } from './component-needs.ts';

export interface Fitness {
  readonly thing: string;
  /** `unknown`: its heartbeats do not tell; the version is tried there. */
  readonly verdict: 'fits' | 'unfit' | 'unknown';
  /** Absent if it fits. */
  readonly reason?: string;
}

export interface FitnessInput {
  readonly needs: readonly ComponentNeeds[];
  readonly models: GateSettings['models'];
  readonly settings: PromotionPlan['preflight'];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The Java nucleus leaves this much free: below it every download fails. Nucleus lite needs room to unpack as well. */
export const SPARE_DISK_BYTES = 20_000_000;
const MB = 1_000_000;

/** Holds a version against what a device said of itself in its last heartbeat. */
export function judgeFitness(thing: string, received: ReceivedHeartbeat | undefined, input: FitnessInput): Fitness {
  const unknown = (reason: string): Fitness => ({ thing, verdict: 'unknown', reason });
  if (!received) return unknown('it has sent no heartbeat');
  const { heartbeat, receivedAt } = received;
  const { Device: device } = heartbeat;
  if (!device) return unknown(`the heartbeats of agent ${heartbeat.AgentVersion} do not tell disk and memory`);
  if (!presenceOf(heartbeat, receivedAt, input.now).connected)
    return unknown('it is offline, and its last heartbeat is old');
  const hasIt = input.models.every(({ name, version }) =>
    heartbeat.Models.some(({ ModelName, ModelVersion }) => ModelName === name && ModelVersion === version),
  );
  if (hasIt) return { thing, verdict: 'fits' };
  const running = heartbeat.Models.flatMap(({ Provider }) => Provider ?? []);
  const misfit = providerMisfit(device, running, input) ?? sizeMisfit(device, input);
  return misfit === undefined ? { thing, verdict: 'fits' } : { thing, verdict: 'unfit', reason: misfit };
}

function providerMisfit(
  { Providers }: HeartbeatDevice,
  running: readonly string[],
  { models }: FitnessInput,
): string | undefined {
  if (!Providers) return undefined;
  const known = [...Providers, ...running];
  const missing = models.find(({ provider }) => provider !== undefined && !known.includes(provider));
  if (!missing) return undefined;
  return `it tries models on ${Providers.join(', ')}; ${missing.name} must run on ${missing.provider}`;
}

function sizeMisfit(device: HeartbeatDevice, { needs, settings }: FitnessInput): string | undefined {
  let [disk, memory] = [SPARE_DISK_BYTES, (settings.memoryMb ?? 0) * MB];
  for (const { component, version, manifests } of needs) {
    const manifest = manifestFor(device, manifests);
    if (manifest === 'none') return `${component} ${version} has no manifest for ${kindOf(device)}`;
    const { bytes = 0, unpackedBytes = 0, largestModelBytes = 0 } = manifest?.size ?? {};
    disk += bytes + unpackedBytes;
    if (settings.memoryMb === undefined && largestModelBytes > 0)
      memory = Math.max(memory, leastInstanceMemory(largestModelBytes));
  }
  const { DiskFreeBytes: free, MemoryAvailableBytes: available } = device;
  if (free !== undefined && free < disk)
    return `${megabytes(free)} of its disk are free; the zips, their unpacked files and the reserve take ${megabytes(disk)}`;
  if (available !== undefined && available < memory)
    return `${megabytes(available)} of its memory are available; the model takes at least ${megabytes(memory)}`;
  return undefined;
}

/** Attributes that only the nucleus knows, such as `accelerator`, cannot rule a manifest out. Undefined if the heartbeat does not tell the platform. */
function manifestFor(device: HeartbeatDevice, manifests: readonly ManifestNeeds[]): ManifestNeeds | 'none' | undefined {
  const { Platform: platform, Architecture: arch, Nucleus } = device;
  if (platform === undefined || arch === undefined) return undefined;
  const own = devicePlatform({ source: { platform, arch, machine: '' }, strictLite: Nucleus === 'lite' });
  const fits = ({ platform: wanted }: ManifestNeeds): boolean => {
    const told = Object.entries(wanted).filter(([name]) => ['os', 'architecture', 'runtime'].includes(name));
    return manifestMatches({ platform: Object.fromEntries(told), lifecycle: {}, selections: [], artifacts: [] }, own);
  };
  return manifests.find(fits) ?? 'none';
}

function kindOf({ Platform = '', Architecture = '', Nucleus }: HeartbeatDevice): string {
  return `${Platform} ${Architecture} ${Nucleus === 'lite' ? `with nucleus lite (runtime ${LITE_RUNTIME})` : 'with the Java nucleus'}`;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / MB)} MB`;
}
