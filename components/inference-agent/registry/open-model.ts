import { verifyPackage } from '#packages/model-package';
import type { ModelPackage } from '#packages/model-package';
import { isEdgeError } from '#packages/foundation';
import type { ActivateProgress } from '#packages/http';

import type { ModelInstance, InstanceSpec } from '../instance/model-instance.ts';
import { agentErrors as registryErrors } from '../errors.ts';
import { checkMemory } from './memory-budget.ts';
import type { RegistryPorts } from './registry-ports.ts';

export type Progress = (step: ActivateProgress) => void;

export interface Candidate {
  readonly alias: string;
  /** Where the package came from, for messages. */
  readonly path: string;
  readonly model: ModelPackage;
}

/** Decides by what the package says of itself, before anything is loaded: signature, golden inputs. */
export async function vetPackage(ports: RegistryPorts, candidate: Candidate, progress: Progress): Promise<void> {
  const { alias, path, model } = candidate;
  const quarantined = ports.quarantine.refusal(alias, model.hash);
  if (quarantined) throw quarantined;
  const { trust, golden } = ports.policy();
  const verdict = await verifyPackage(model, trust);
  if (verdict.state === 'trusted')
    progress({ phase: 'verify', message: `signed by the trusted key "${verdict.keyId}"` });
  if (verdict.state === 'untrusted') {
    progress({ phase: 'verify', message: `warning: ${verdict.reason.message}` });
    ports.announce('model.untrusted', { alias, path, error: verdict.reason.toJSON() });
  }
  if (model.manifest.golden.length > 0 || golden === 'off') return;
  const message = `${model.manifest.name} ${model.manifest.version} has no golden inputs`;
  if (golden === 'require') throw registryErrors.error('model.golden-missing', message, { facts: { alias, path } });
  progress({ phase: 'verify', message: `warning: ${message}, so nothing shows that it works on this device` });
  ports.announce('model.untested', { alias, path });
}

export interface OpenedInstance {
  readonly instance: ModelInstance;
  readonly spec: InstanceSpec;
}

/** Within the memory budget: loads, warms up and tests. */
export async function openModel(
  ports: RegistryPorts,
  { alias, model }: Pick<Candidate, 'alias' | 'model'>,
  progress: Progress,
  signal: AbortSignal,
): Promise<OpenedInstance> {
  const policy = ports.policy();
  const settings = policy.instance(alias);
  checkMemory(model, settings, policy.memoryLimitBytes(alias), ports.freeMemory());
  const { dir, hash, manifest, labels } = model;
  const spec: InstanceSpec = { packageDir: dir, packageHash: hash, manifest, labels, settings };
  try {
    return { spec, instance: await ports.openInstance(spec, { signal, progress }) };
  } catch (thrown) {
    if (!signal.aborted || isEdgeError(thrown)) throw thrown;
    throw registryErrors.error('model.superseded', 'the activation was given up', { cause: thrown });
  }
}
