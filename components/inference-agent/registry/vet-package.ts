import { verifyPackage } from '#packages/model-package';
import type { ModelPackage } from '#packages/model-package';
import { agentErrors } from '../errors.ts';
import type { Attempt } from './attempt.ts';
import type { RegistryPorts } from './registry-ports.ts';

export interface Candidate {
  readonly alias: string;
  /** Where the package came from, for messages. */
  readonly path: string;
  readonly model: ModelPackage;
}

/**
 * Decides by what a package says of itself, before anything is loaded: quarantine, signature, golden inputs.
 * @throws EdgeError `model.quarantined`, `signature.*`, `model.golden-missing`
 */
export async function vetPackage(ports: RegistryPorts, candidate: Candidate, attempt: Attempt): Promise<void> {
  const { alias, path, model } = candidate;
  const { progress } = attempt;
  const quarantined = ports.quarantine.refusal(alias, model.hash);
  if (quarantined) throw quarantined;
  const { trust, golden } = ports.policy();
  const verdict = await attempt.run('verify', () => verifyPackage(model, trust));
  if (verdict.state === 'trusted')
    progress({ phase: 'verify', message: `signed by the trusted key "${verdict.keyId}"` });
  if (verdict.state === 'untrusted') {
    progress({ phase: 'verify', message: `warning: ${verdict.reason.message}` });
    ports.announce('model.untrusted', { alias, path, error: verdict.reason.toJSON() });
  }
  if (model.manifest.golden.length > 0 || golden === 'off') return;
  const message = `${model.manifest.name} ${model.manifest.version} has no golden inputs`;
  if (golden === 'require') throw agentErrors.error('model.golden-missing', message, { facts: { alias, path } });
  progress({ phase: 'verify', message: `warning: ${message}, so nothing shows that it works on this device` });
  ports.announce('model.untested', { alias, path });
}
