import { memoryFault } from './memory-fault.ts';
import type { ChallengerNumbers, DeviceNumbers } from './observations.ts';
import type { GateSettings } from './promotion-plan.ts';

type ModelSettings = GateSettings['models'][number];
type Agreement = NonNullable<ModelSettings['agreement']>;

/** Undefined if a device has nothing left to show. */
export type Finding = { readonly verdict: 'unhealthy' | 'waiting'; readonly reason: string } | undefined;

/** A model that runs beside the one that serves: by its failures, its agreement, its latency and its memory. */
export function judgeChallenger(seen: DeviceNumbers, wanted: ModelSettings, settings: GateSettings): Finding {
  const { name, version, agreement, maxP95Ms, maxMemoryMb } = wanted;
  const found = seen.challengers?.find((one) => one.name === name);
  if (!found) return waiting('no challenger of this name runs');
  if (found.version !== version) return waiting(`the challenger is version ${found.version}, ${version} is awaited`);
  const frames = found.frames + found.failed;
  if (frames >= settings.minRequests && 100 * found.failed > settings.maxFailurePercent * frames)
    return unhealthy(`${found.failed} of ${frames} pictures failed, at most ${settings.maxFailurePercent} % may`);
  const { memoryBytes, championMemoryBytes, p95Ms, championP95Ms } = found;
  const { maxMemoryGrowthPercent, maxP95GrowthPercent, minRequests } = settings;
  const bounds = { maxMemoryMb, maxMemoryGrowthPercent };
  const memory = memoryFault(memoryBytes, championMemoryBytes, 'of the model that serves', bounds);
  if (memory !== undefined) return unhealthy(memory);
  if (found.frames < minRequests) return waiting(`${found.frames} of ${minRequests} pictures compared`);
  if (p95Ms !== undefined && maxP95Ms !== undefined && p95Ms > maxP95Ms)
    return unhealthy(`p95 is ${p95Ms} ms, at most ${maxP95Ms} ms allowed`);
  if (p95Ms !== undefined && championP95Ms !== undefined && p95Ms > championP95Ms * (1 + maxP95GrowthPercent / 100))
    return unhealthy(
      `p95 is ${p95Ms} ms, ${championP95Ms} ms of the model that serves; ${maxP95GrowthPercent} % more are allowed`,
    );
  return agreement && judgeAgreement(found, agreement);
}

/** How often a model that serves and its challenger found the same. */
export function judgeAgreement(found: ChallengerNumbers | undefined, { minPercent, minFrames }: Agreement): Finding {
  if (!found) return waiting('no challenger to agree with');
  const { frames, agreed } = found;
  if (frames < minFrames) return waiting(`${frames} of ${minFrames} pictures compared`);
  if (100 * agreed >= minPercent * frames) return undefined;
  const share = Math.floor((1_000 * agreed) / frames) / 10;
  const both = `${found.championVersion} and ${found.version}`;
  return unhealthy(`${both} agree on ${agreed} of ${frames} pictures (${share} %), at least ${minPercent} % must be`);
}

export function isChampion({ championName, championVersion }: ChallengerNumbers, wanted: ModelSettings): boolean {
  return championName === wanted.name && championVersion === wanted.version;
}

function waiting(reason: string): Finding {
  return { verdict: 'waiting', reason };
}

function unhealthy(reason: string): Finding {
  return { verdict: 'unhealthy', reason };
}
