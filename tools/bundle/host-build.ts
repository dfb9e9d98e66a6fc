import process from 'node:process';
import { hostPlatform, RUNTIME_PLATFORMS } from '../../components/runtime/platforms.ts';
import type { RuntimePlatform } from '../../components/runtime/platforms.ts';
import { buildComponents } from './build.ts';
import type { BuildOptions, BuildStep } from './build.ts';
import { buildErrors } from './errors.ts';

/** Builds every component with the runtime of this machine only: what `npm start` and the end-to-end tests need. */
export function buildForThisMachine(options: Omit<BuildOptions, 'platforms'> = {}): Promise<readonly BuildStep[]> {
  return buildComponents({ ...options, platforms: [thisPlatform()] });
}

/** @throws EdgeError `build.unknown-platform` */
export function thisPlatform(): RuntimePlatform {
  const platform = hostPlatform(process.platform, process.arch);
  if (platform) return platform;
  const message = `no runtime is made for ${process.platform} on ${process.arch}; there are ${RUNTIME_PLATFORMS.join(', ')}`;
  throw buildErrors.error('build.unknown-platform', message);
}
