import type { BundledSoftware, LicenseText } from './bundled-software.ts';
import { licenseOf } from './license-statement.ts';
import type { LicenseManifest } from './license-statement.ts';
import { standardTexts } from './standard-text.ts';

export interface NpmPackage {
  /** Its package.json. */
  readonly manifest: LicenseManifest & { readonly author?: unknown };
  /** License files at its top. */
  readonly texts: readonly LicenseText[];
  /** Hash of its tarball as in package-lock.json. */
  readonly integrity?: string;
}

/**
 * A package as the licenses and the SBOM need it. One that has no license file gets the standard text of the license that it
 * states, with its author.
 *
 * @throws EdgeError `build.license-missing` if it states no license, or one that has no standard text and no file
 */
export function npmSoftware({ manifest, texts, integrity }: NpmPackage): BundledSoftware {
  const { name, version } = manifest;
  const license = licenseOf(manifest, texts.length > 0);
  const author = nameOf(manifest.author);
  return {
    name,
    version,
    license,
    texts: texts.length > 0 ? complete(texts, license) : standardTexts(license, `${name} ${version}`, author),
    purl: npmPurl(name, version),
    ...(integrity === undefined ? {} : { tarball: { url: tarballUrl(name, version), integrity } }),
  };
}

/** A file that only refers to the Apache License gets its text beside it: section 4 (a) asks for a copy. */
function complete(texts: readonly LicenseText[], license: string): readonly LicenseText[] {
  const isReference = license === 'Apache-2.0' && !texts.some(({ text }) => /TERMS AND CONDITIONS/i.test(text));
  return isReference ? [...texts, ...standardTexts(license, license)] : texts;
}

/** `pkg:npm/%40scope/name@version` */
function npmPurl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function tarballUrl(name: string, version: string): string {
  return `https://registry.npmjs.org/${name}/-/${name.replace(/^@[^/]+\//, '')}-${version}.tgz`;
}

/** npm takes `"Ann <a@b.c> (https://…)"` and `{name, email, url}`. */
function nameOf(author: unknown): string | undefined {
  if (typeof author === 'string') return author;
  const name = (author as { readonly name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}
