import pinned from '../../../components/runtime/packages.json' with { type: 'json' };
import { buildErrors } from '../errors.ts';

/** Exact version of an npm package and the hash of its tarball, in npm's `sha512-<base64>` form. */
export interface PackagePin {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

export const PINNED_PACKAGES: Readonly<Record<string, Omit<PackagePin, 'name'>>> = pinned;

/** @throws EdgeError `build.package-content` where components/runtime/packages.json has no such package. */
export function pinOf(name: string): PackagePin {
  const pin = PINNED_PACKAGES[name];
  if (!pin) throw buildErrors.error('build.package-content', `components/runtime/packages.json does not pin ${name}`);
  return { name, ...pin };
}
