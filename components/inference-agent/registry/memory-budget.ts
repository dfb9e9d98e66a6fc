import { leastInstanceMemory } from '#packages/model-package';
import type { ModelPackage } from '#packages/model-package';

import type { InstanceSettings } from '../instance/model-instance.ts';
import { agentErrors } from '../errors.ts';

/** The thread that prepares the next image: heap, image codecs, another decoded photo. */
const PREPARER_BYTES = 64 * 1024 ** 2;

/** The most that an instance will need, in bytes: an estimate from the largest variant, made before anything is loaded. */
function estimateMemory(model: ModelPackage, settings: MemorySettings): number {
  const variants = model.manifest.variants.map(({ file }) => model.files.find(({ path }) => path === file)?.bytes ?? 0);
  const preparer = settings.prepareAhead ? PREPARER_BYTES : 0;
  return (settings.workers + (settings.spare ? 1 : 0)) * (leastInstanceMemory(Math.max(...variants)) + preparer);
}

type MemorySettings = Pick<InstanceSettings, 'workers' | 'prepareAhead' | 'spare'>;

/**
 * Refuses a model before it is loaded.
 * @param limitBytes of the service; undefined for none
 * @param freeBytes of the device
 * @throws EdgeError `model.over-memory-limit`, `model.no-memory`
 */
export function checkMemory(
  model: ModelPackage,
  settings: MemorySettings,
  limitBytes: number | undefined,
  freeBytes: number,
): void {
  const needBytes = estimateMemory(model, settings);
  const what = `${model.manifest.name} ${model.manifest.version} needs about ${kilobytes(needBytes)} KB with ${settings.workers} worker(s)${settings.spare ? ' and a spare one' : ''}`;
  const facts = { needKB: kilobytes(needBytes), workers: settings.workers };
  if (limitBytes !== undefined && needBytes > limitBytes) {
    const message = `${what}, over the limit of ${kilobytes(limitBytes)} KB (LocalInferenceServiceMemoryLimitKB)`;
    throw agentErrors.error('model.over-memory-limit', message, {
      facts: { ...facts, limitKB: kilobytes(limitBytes) },
    });
  }
  if (needBytes <= freeBytes) return;
  const message = `${what}, but only ${kilobytes(freeBytes)} KB are free on the device`;
  throw agentErrors.error('model.no-memory', message, { facts: { ...facts, freeKB: kilobytes(freeBytes) } });
}

function kilobytes(bytes: number): number {
  return Math.ceil(bytes / 1024);
}
