import semver from 'semver';
import { verifyPackage } from '#packages/model-package';
import type { SignatureVerdict, SignedPackage, Trust } from '#packages/model-package';
import { agentErrors } from '../errors.ts';

/** The conditions that a package must meet to serve under an alias. */
export interface VettingPolicy {
  readonly trust: Trust;
  readonly golden: 'require' | 'warn' | 'off';
  /** Lowest version that the alias takes; undefined for any. */
  minimumVersion(alias: string): string | undefined;
}

/**
 * Decides by what a package says of itself: signature, alias, version, golden inputs. Reads no file of the package, so that a model
 * that serves can be judged again when the policy changes.
 * @throws EdgeError with the reason why it must not serve: `signature.*`, `model.below-minimum`, `model.golden-missing`
 */
export async function judgePackage(
  model: SignedPackage,
  alias: string,
  policy: VettingPolicy,
): Promise<SignatureVerdict> {
  const verdict = await verifyPackage(model, policy.trust, alias);
  requireVersion(model, alias, policy.minimumVersion(alias));
  if (policy.golden === 'require' && model.manifest.golden.length === 0) {
    const message = `${describe(model)} has no golden inputs`;
    throw agentErrors.error('model.golden-missing', message, { facts: { alias } });
  }
  return verdict;
}

function requireVersion(model: SignedPackage, alias: string, minimum: string | undefined): void {
  if (minimum === undefined) return;
  const { version } = model.manifest;
  const isKnown = semver.valid(version) !== null;
  if (isKnown && semver.gte(version, minimum)) return;
  const why = isKnown ? `is below ${minimum}` : `is not a semantic version, so it cannot be compared with ${minimum}`;
  const message = `${describe(model)} must not serve under the alias "${alias}": its version ${why}, the lowest that is allowed`;
  throw agentErrors.error('model.below-minimum', message, { facts: { alias, version, minimum } });
}

function describe({ manifest }: SignedPackage): string {
  return `${manifest.name} ${manifest.version}`;
}
