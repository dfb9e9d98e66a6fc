import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, requireFile } from '#packages/foundation';
import { agentErrors } from '../errors.ts';
import { PROVIDER_CALLS } from './provider.ts';
import type { Provider } from './provider.ts';

/**
 * A provider from a module of the user's own, CommonJS or ES without top-level await, that exports `createProvider()`.
 *
 * @throws EdgeError `cloud-provider.not-loaded`, `cloud-provider.unsafe`, `cloud-provider.incomplete`
 */
export async function customProvider(path: string): Promise<Provider> {
  await checkNobodyElseWrites(path);
  let provider: unknown;
  try {
    const module = requireFile(path) as Module;
    const create = module.createProvider ?? module.default?.createProvider;
    if (typeof create !== 'function') throw new Error('it does not export a function createProvider');
    provider = await (create as () => unknown)();
  } catch (cause) {
    throw notLoaded(path, cause);
  }
  const missing = PROVIDER_CALLS.filter((call) => typeof (provider as Partial<Provider> | null)?.[call] !== 'function');
  if (missing.length === 0) return provider as Provider;
  throw agentErrors.error('cloud-provider.incomplete', `the provider of ${path} has no ${missing.join(', no ')}`, {
    facts: { path, missing },
  });
}

interface Module {
  readonly createProvider?: unknown;
  readonly default?: { readonly createProvider?: unknown };
}

const GROUP_OR_OTHER_WRITES = 0o022;

async function checkNobodyElseWrites(path: string): Promise<void> {
  for (const place of [path, dirname(path)]) {
    const { mode } = await stat(place).catch((cause: unknown) => {
      throw notLoaded(path, cause);
    });
    // Windows has no such bits; there the folder's access list decides.
    if (process.platform === 'win32' || (mode & GROUP_OR_OTHER_WRITES) === 0) continue;
    const message = `${place} can be written by others than its owner (mode ${(mode & 0o777).toString(8)})`;
    throw agentErrors.error('cloud-provider.unsafe', message, { facts: { path: place } });
  }
}

function notLoaded(path: string, cause: unknown) {
  return agentErrors.error('cloud-provider.not-loaded', `the module ${path} cannot be used: ${messageOf(cause)}`, {
    cause,
    facts: { path },
  });
}
