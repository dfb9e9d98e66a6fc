import path from 'node:path';
import { PROJECT } from '../project.ts';
import type { ZipEntry } from '../zip/zip-entry.ts';
import type { Archive, BundledSoftware } from './bundled-software.ts';
import { sbom } from './sbom.ts';
import { thirdPartyLicenses } from './third-party-licenses.ts';

/** Every zip's statements about its content: our license, those of others, and a bill of materials. */
export function licenseEntries(
  archive: Archive,
  software: readonly BundledSoftware[] = [],
  notices = '',
): readonly ZipEntry[] {
  const unique = [...new Map(software.map((one) => [one.purl, one])).values()].sort(byPurl);
  return [
    { path: 'LICENSE', content: { file: path.join(PROJECT, 'LICENSE') } },
    { path: 'THIRD-PARTY-LICENSES', content: Buffer.from(thirdPartyLicenses(archive, unique, notices)) },
    { path: 'sbom.cdx.json', content: Buffer.from(sbom(archive, unique)) },
  ];
}

function byPurl(a: BundledSoftware, b: BundledSoftware): number {
  return a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0;
}
