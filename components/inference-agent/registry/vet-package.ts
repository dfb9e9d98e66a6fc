import { wireErrorOf } from '#packages/foundation';
import type { ModelIdentity } from '#packages/http';
import type { ModelPackage, SignatureVerdict } from '#packages/model-package';
import { judgePackage } from '../trust/judge-package.ts';
import type { Attempt } from './attempt.ts';
import type { RegistryPorts } from './registry-ports.ts';

export interface Candidate {
  readonly alias: string;
  /** Where the package came from, for messages. */
  readonly path: string;
  readonly model: ModelPackage;
}

/**
 * Decides by what a package says of itself, before anything is loaded: see `judgePackage`.
 * @throws EdgeError `model.quarantined`, and as `judgePackage`
 */
export async function vetPackage(
  ports: RegistryPorts,
  candidate: Candidate,
  attempt: Attempt,
): Promise<SignatureVerdict> {
  const { alias, path, model } = candidate;
  const { progress } = attempt;
  const quarantined = ports.quarantine.refusal(alias, model.hash);
  if (quarantined) throw quarantined;
  const policy = ports.policy();
  const verdict = await attempt.run('verify', () => judgePackage(model, alias, policy));
  if (verdict.state === 'trusted')
    progress({ phase: 'verify', message: `signed by the trusted key "${verdict.keyId}"` });
  if (verdict.state === 'untrusted') {
    progress({ phase: 'verify', message: `warning: ${verdict.reason.message}` });
    ports.announce('model.untrusted', { alias, path, error: verdict.reason.toJSON() });
  }
  if (model.manifest.golden.length > 0 || policy.golden === 'off') return verdict;
  const message = `${model.manifest.name} ${model.manifest.version} has no golden inputs`;
  progress({ phase: 'verify', message: `warning: ${message}, so nothing shows that it works on this device` });
  ports.announce('model.untested', { alias, path });
  return verdict;
}

/** A package that a trusted key has signed is active: what it says of lower versions holds from now on. */
export async function rememberMinimum(
  ports: RegistryPorts,
  verdict: SignatureVerdict | undefined,
  model: ModelIdentity,
): Promise<void> {
  const minimum = verdict?.state === 'trusted' ? verdict.claims.minimumVersion : undefined;
  if (verdict?.state !== 'trusted' || minimum === undefined) return;
  const saidBy = `${model.name} ${model.version}, signed by ${verdict.keyId}`;
  await ports.minimums.raise(model.alias, minimum, saidBy).catch((thrown: unknown) => {
    ports.announce('model.not-kept', { model, error: wireErrorOf(thrown) });
  });
}
