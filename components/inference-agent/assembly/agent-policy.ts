import { join } from 'node:path';
import { DEFAULT_PACKAGE_LIMITS } from '#packages/model-package';
import type { Trust } from '#packages/model-package';
import type { AgentConfiguration } from '../config.ts';
import type { RegistryPolicy } from '../registry/registry-ports.ts';
import { instanceSettings, memoryLimitBytes } from '../settings/instance-settings.ts';
import type { Platform } from '../settings/instance-settings.ts';
import { serviceSettings, servicesOf } from '../settings/service-settings.ts';
import { MinimumVersions } from '../trust/minimum-versions.ts';
import type { StoreBounds } from '../store/package-store.ts';
import type { AgentOptions } from './agent.ts';

const MB = 1024 ** 2;

export function trustOf(configuration: AgentConfiguration): Trust {
  return {
    policy: configuration.SignaturePolicy,
    keys: configuration.TrustedKeys,
    revoked: configuration.RevokedKeys,
    ...(configuration.TrustedKeysFolder === '' ? {} : { folder: configuration.TrustedKeysFolder }),
  };
}

/** The policy that models are judged and run by, as the configuration has it. */
export interface AgentPolicy {
  /** The lowest versions that signed packages have asked for, over which the configuration goes. */
  readonly minimums: MinimumVersions;
  now(): RegistryPolicy;
  /** The policy of a configuration that is not applied. */
  of(configuration: AgentConfiguration): RegistryPolicy;
}

/** @throws EdgeError `provider.unknown` */
export async function openPolicy({ workFolder, configuration, platform, log }: AgentOptions): Promise<AgentPolicy> {
  const minimums = new MinimumVersions(join(workFolder, 'minimum-versions.json'), log);
  await minimums.open();
  const of = (any: AgentConfiguration): RegistryPolicy => registryPolicy(any, platform, minimums);
  const now = (): RegistryPolicy => of(configuration.current);
  // An unknown provider ends the start here, rather than the first activation.
  now().instance('');
  return { minimums, now, of };
}

export function storeBounds(configuration: AgentConfiguration): StoreBounds {
  return {
    maxBytes: configuration.StoreMaxMB * MB,
    minFreeBytes: configuration.MinFreeDiskMB * MB,
    package: { ...DEFAULT_PACKAGE_LIMITS, maxBytes: configuration.MaxPackageMB * MB },
  };
}

/** The configuration as the registry needs it. */
function registryPolicy(
  configuration: AgentConfiguration,
  platform: Platform,
  minimums: Pick<MinimumVersions, 'of'>,
): RegistryPolicy {
  return {
    trust: trustOf(configuration),
    golden: configuration.GoldenPolicy,
    minimumVersion: (alias) =>
      Object.hasOwn(configuration.MinimumVersions, alias) ? configuration.MinimumVersions[alias] : minimums.of(alias),
    retireGraceMs: 1_000 * configuration.RetireGraceSeconds,
    loadTimeoutMs: 1_000 * configuration.LoadTimeoutSeconds,
    instance: (alias) => instanceSettings(configuration, platform, alias),
    memoryLimitBytes: (alias) => memoryLimitBytes(configuration, alias),
    drainMs: (alias) => {
      const services = servicesOf(configuration, alias);
      const timeouts = (services.length > 0 ? services : [alias]).map(
        (name) => serviceSettings(configuration, name).timeoutMs,
      );
      return Math.max(...timeouts);
    },
  };
}
