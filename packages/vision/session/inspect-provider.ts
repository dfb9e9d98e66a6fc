import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Provider } from '#packages/model-package';
import type { ProviderShares, TensorInfo } from '../loaded-model.ts';
import { pluggedRuntime } from './c-api/plugged-runtime.ts';
import type { ModelSource } from './model-source.ts';
import { providerShares } from './provider-shares.ts';
import { providerReason } from './run-errors.ts';
import { warmUpFeeds } from './tensor-inputs.ts';

/** Each provider's share of a model on this machine, or the reason why the provider does not run it. */
export type ProviderInspection =
  | { readonly provider: Provider; readonly shares: ProviderShares }
  | { readonly provider: Provider; readonly reason: string };

/**
 * Loads a model on a provider, without stepping down, and runs it twice on zeros. Times are missing if the model leaves sizes other than
 * the batch free. Never rejects, but a broken driver may end the process.
 */
export async function inspectProvider(source: ModelSource, provider: Provider): Promise<ProviderInspection> {
  const absent = pluggedRuntime.whyUnavailable(provider);
  if (absent !== undefined) return { provider, reason: absent };
  const profileIn = await mkdtemp(path.join(os.tmpdir(), 'edgeml-profile-'));
  try {
    const session = await pluggedRuntime.open(source, provider, { intraOpThreads: 0, spinning: false, profileIn });
    try {
      const feeds = warmUpFeeds(session.inputs.map(withBatchOfOne), {});
      const fetches = session.outputs.map(({ name }) => name);
      // The first run compiles kernels: what counts is the second.
      for (let run = 0; feeds && run < 2; run++) await session.run(feeds, fetches);
      const times = await session.endProfile?.();
      return { provider, shares: providerShares(session, provider, times) ?? {} };
    } finally {
      await session.close();
    }
  } catch (error) {
    return { provider, reason: providerReason(error) };
  } finally {
    await rm(profileIn, { recursive: true, force: true });
  }
}

function withBatchOfOne(info: TensorInfo): TensorInfo {
  return { ...info, shape: info.shape.map((side, axis) => (axis === 0 && side < 0 ? 1 : side)) };
}
