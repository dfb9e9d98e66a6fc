import { PROVIDERS } from '#packages/model-package';
import type { Provider } from '#packages/model-package';
import type { AgentConfiguration } from '../config.ts';
import type { InstanceSettings } from '../instance/model-instance.ts';
import { agentErrors } from '../errors.ts';
import { ownSettings, serviceSettings, servicesOf } from './service-settings.ts';

/** Facts from the device, beside the configuration. */
export interface Platform {
  readonly cores: number;
  /** Ladder that the platform's manifest sets (`EDGEML_PROVIDERS`); may be empty. */
  readonly providers: readonly string[];
  /** Which nucleus started the agent; undefined if none did. */
  readonly nucleus?: 'java' | 'lite' | undefined;
}

/** More threads than this gain little on one image. */
const MAX_AUTO_THREADS = 4;
/** On top of the service's time-out: what runs longer is not slow, it is stuck. A thread cannot be ended, so it gets more time. */
const STUCK_MARGIN_MS = { process: 1_500, thread: 30_000 } as const;

/**
 * How the model under an alias is to be loaded. If several services share the alias, the first one's settings count.
 * @throws EdgeError `provider.unknown`
 */
export function instanceSettings(
  configuration: AgentConfiguration,
  platform: Platform,
  alias: string,
): InstanceSettings {
  const service = servicesOf(configuration, alias)[0] ?? alias;
  const own = ownSettings(configuration, service);
  const cores = Math.max(1, platform.cores);
  const fixedThreads = own?.IntraOpThreads ?? configuration.IntraOpThreads;
  const intraOpThreads = fixedThreads || Math.min(cores, MAX_AUTO_THREADS);
  const workers = (own?.Workers ?? configuration.Workers) || Math.max(1, Math.floor(cores / intraOpThreads));
  const maxLatencyMs = own?.MaxLatencyMs ?? configuration.MaxLatencyMs;
  const isolation = own?.Isolation ?? configuration.Isolation;
  const memoryLimit = memoryLimitBytes(configuration, alias);
  const cpuShare = own?.CpuShare ?? configuration.CpuShare;
  return {
    isolation,
    ...(memoryLimit === undefined ? {} : { memoryLimitBytes: memoryLimit }),
    niceness: own?.Niceness ?? configuration.Niceness,
    ...(cpuShare > 0 ? { cpuCores: cpuShare / 100 } : {}),
    spare: own?.SpareInstance ?? configuration.SpareInstance,
    keepKillerInputs: own?.KeepKillerInputs ?? configuration.KeepKillerInputs,
    // With a worker for each core every core has work already; the second thread would only take memory.
    prepareAhead: workers < cores,
    // A frame is ready in a millisecond or two. On two cores, the other one decodes the camera's video meanwhile: the second thread would
    // take about 7 % of all CPU time and 15 MB, and no more frames would be answered.
    prepareFrames: cores > 2,
    providers: ladderOf(own?.Providers ?? configuration.Providers, platform.providers),
    requireProvider: own?.RequireProvider ?? configuration.RequireProvider,
    workers,
    intraOpThreads,
    threadsToTry: fixedThreads ? [fixedThreads] : halvesOf(intraOpThreads),
    maxPixels: 1_000_000 * configuration.MaxImageMegapixels,
    spinning: configuration.Spinning,
    stuckAfterMs: serviceSettings(configuration, service).timeoutMs + STUCK_MARGIN_MS[isolation],
    loadTimeoutMs: 1_000 * configuration.LoadTimeoutSeconds,
    measurePictures: configuration.Drift.Enabled,
    golden: configuration.GoldenPolicy === 'off' ? 'off' : 'on',
    ...(maxLatencyMs > 0 ? { maxLatencyMs } : {}),
  };
}

/** A small model is slower on many threads than on few; 4 becomes 4, 2, 1. */
function halvesOf(threads: number): readonly number[] {
  return threads > 1 ? [threads, ...halvesOf(Math.floor(threads / 2))] : [threads];
}

/** Memory that the model under an alias may need, in bytes; undefined for no bound of its own. */
export function memoryLimitBytes(configuration: AgentConfiguration, alias: string): number | undefined {
  const service = servicesOf(configuration, alias)[0] ?? alias;
  const own = ownSettings(configuration, service)?.LocalInferenceServiceMemoryLimitKB;
  const limitKb = own ?? configuration.LocalInferenceServiceMemoryLimitKB;
  return limitKb > 0 ? limitKb * 1_024 : undefined;
}

/** Configured ladder, else the platform's, else the CPU. */
export function ladderOf(configured: readonly string[], platform: readonly string[]): readonly Provider[] {
  const words = configured.length > 0 ? configured : platform.length > 0 ? platform : ['cpu'];
  return [...new Set(words.map((word) => providerOf(word)))];
}

function providerOf(word: string): Provider {
  const provider = PROVIDERS.find((known) => known === word.trim().toLowerCase());
  if (provider) return provider;
  throw agentErrors.error(
    'provider.unknown',
    `"${word}" is not an execution provider; known are ${PROVIDERS.join(', ')}`,
    {
      facts: { provider: word, known: PROVIDERS },
    },
  );
}
