import pinned from '../../../components/runtime/packages.json' with { type: 'json' };
import { buildErrors } from '../errors.ts';
import type { PackagePin } from '../errors.ts';

export const PINNED_PACKAGES: Readonly<Record<string, Omit<PackagePin, 'name'>>> = pinned;

/** @throws EdgeError `build.package-content` if components/runtime/packages.json has no such package. */
export function pinOf(name: string): PackagePin {
  const pin = PINNED_PACKAGES[name];
  if (!pin) throw buildErrors.error('build.package-content', `components/runtime/packages.json does not pin ${name}`);
  return { name, ...pin };
}
