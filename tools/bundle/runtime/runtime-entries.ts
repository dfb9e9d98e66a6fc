import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { nodeBinaryOf, packagesOf } from '../../../components/runtime/platforms.ts';
import type { RuntimePlatform } from '../../../components/runtime/platforms.ts';
import { RUNTIME_MANIFEST } from '../../../components/runtime/runtime-manifest.ts';
import type { RuntimeManifest } from '../../../components/runtime/runtime-manifest.ts';
import type { Signer } from '#packages/model-package';
import { bundle } from '../bundle.ts';
import type { Bundle } from '../bundle.ts';
import { bundledPackages, noticesOf } from '../licenses/bundled-packages.ts';
import type { Archive, BundledSoftware } from '../licenses/bundled-software.ts';
import { licenseEntries } from '../licenses/license-entries.ts';
import { projectPaths } from '../project.ts';
import { COMMONJS_MARK } from '../zip/commonjs-mark.ts';
import type { ZipEntry } from '../zip/zip-entry.ts';
import { fetchPackage } from './fetch-package.ts';
import type { FetchOptions } from './fetch-package.ts';
import { nativeFilesEntry } from './native-files.ts';
import { packedSoftware } from './packed-software.ts';
import { pinOf } from './pins.ts';
import { stripElf } from './strip-elf.ts';
import { unpackPackage } from './unpack-package.ts';

/** Hands the files of a platform's runtime to `use`; they lie in a temporary folder that is gone afterward. */
export async function withRuntimeEntries<Result>(
  archive: Archive & {
    readonly platform: RuntimePlatform;
    /** As small as it can be: `packagesOf`, `stripElf`. Default: false. */
    readonly slim?: boolean;
    readonly signer?: Signer | undefined;
  },
  cache: string,
  options: FetchOptions,
  use: (entries: readonly ZipEntry[]) => Promise<Result>,
): Promise<Result> {
  const { platform, slim = false } = archive;
  const folder = await mkdtemp(path.join(cache, `runtime-${platform}-`));
  try {
    const check = await bundle(path.join(projectPaths.components, 'runtime/check.ts'));
    const entries: ZipEntry[] = ownFiles(platform, slim, check);
    const software: BundledSoftware[] = [...(await bundledPackages([check]))];
    for (const { name, into, files } of packagesOf(platform, slim)) {
      const pin = pinOf(name);
      const target = path.join(folder, into);
      const unpacked = await unpackPackage(await fetchPackage(pin, cache, options), files, target);
      software.push(await packedSoftware({ pin, platform, about: unpacked.about }, cache, options));
      for (const file of unpacked.files) {
        if (slim) await stripElf(path.join(target, file));
        entries.push({
          path: path.posix.join(into, file),
          content: { file: path.join(target, file) },
          executable: path.posix.join(into, file) === nodeBinaryOf(platform),
        });
      }
    }
    entries.push(await nativeFilesEntry(entries, archive.signer));
    return await use([...entries, ...licenseEntries(archive, software, noticesOf([check]))]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function ownFiles(platform: RuntimePlatform, slim: boolean, check: Bundle): ZipEntry[] {
  const folder = path.join(projectPaths.components, 'runtime');
  const scripts = platform.startsWith('windows')
    ? ['install.cmd', 'link-current.cmd']
    : ['install.sh', 'link-current.sh', 'starter.sh'];
  return [
    ...scripts.map((name) => ({ path: name, content: { file: path.join(folder, name) } })),
    { path: 'check.js', content: check.code },
    COMMONJS_MARK,
    { path: 'PLATFORM', content: Buffer.from(`${platform}\n`) },
    { path: RUNTIME_MANIFEST, content: Buffer.from(`${JSON.stringify(manifest(platform, slim), null, 2)}\n`) },
  ];
}

function manifest(platform: RuntimePlatform, slim: boolean): RuntimeManifest {
  const pins = packagesOf(platform, slim).map(({ name }) => pinOf(name));
  const node = pins.find(({ name }) => name.startsWith('node-'));
  return {
    platform,
    node: node?.version ?? '',
    packages: Object.fromEntries(pins.map(({ name, version }) => [name, version])),
  };
}
