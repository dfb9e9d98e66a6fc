import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { nodeBinaryOf, packagesOf } from '../../../components/runtime/platforms.ts';
import type { RuntimePlatform } from '../../../components/runtime/platforms.ts';
import { RUNTIME_MANIFEST } from '../../../components/runtime/runtime-manifest.ts';
import type { RuntimeManifest } from '../../../components/runtime/runtime-manifest.ts';
import { bundle } from '../bundle.ts';
import { licenceLine } from '../licence-line.ts';
import { projectPaths } from '../project.ts';
import { COMMONJS_MARK } from '../zip/commonjs-mark.ts';
import type { ZipEntry } from '../zip/zip-entry.ts';
import { fetchPackage } from './fetch-package.ts';
import type { FetchOptions } from './fetch-package.ts';
import { pinOf } from './pins.ts';
import { unpackPackage } from './unpack-package.ts';

/** Hands the files of a platform's runtime to `use`; they lie in a temporary folder that is gone afterwards. */
export async function withRuntimeEntries<Result>(
  platform: RuntimePlatform,
  cache: string,
  options: FetchOptions,
  use: (entries: readonly ZipEntry[]) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(path.join(cache, `runtime-${platform}-`));
  try {
    const entries: ZipEntry[] = await ownFiles(platform);
    const licences: string[] = [];
    for (const { name, into, files } of packagesOf(platform)) {
      const tarball = await fetchPackage(pinOf(name), cache, options);
      const target = path.join(folder, into);
      const written = await unpackPackage(tarball, [...new Set(['package.json', ...files])], target);
      licences.push(await licenceLine(path.join(target, 'package.json')));
      for (const file of written) {
        if (into === '' && file === 'package.json') continue;
        entries.push({
          path: path.posix.join(into, file === 'LICENSE' && into === '' ? 'LICENSE.node' : file),
          content: { file: path.join(target, file) },
          executable: path.posix.join(into, file) === nodeBinaryOf(platform),
        });
      }
    }
    entries.push({ path: 'THIRD-PARTY', content: Buffer.from(`${licences.join('\n')}\n`) });
    return await use(entries);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function ownFiles(platform: RuntimePlatform): Promise<ZipEntry[]> {
  const folder = path.join(projectPaths.components, 'runtime');
  const scripts = platform.startsWith('windows')
    ? ['install.cmd', 'link-current.cmd']
    : ['install.sh', 'link-current.sh'];
  return [
    ...scripts.map((name) => ({ path: name, content: { file: path.join(folder, name) } })),
    { path: 'check.js', content: (await bundle(path.join(folder, 'check.ts'))).code },
    COMMONJS_MARK,
    { path: 'PLATFORM', content: Buffer.from(`${platform}\n`) },
    { path: RUNTIME_MANIFEST, content: Buffer.from(`${JSON.stringify(manifest(platform), null, 2)}\n`) },
  ];
}

function manifest(platform: RuntimePlatform): RuntimeManifest {
  const pins = packagesOf(platform).map(({ name }) => pinOf(name));
  const node = pins.find(({ name }) => name.startsWith('node-'));
  return {
    platform,
    node: node?.version ?? '',
    packages: Object.fromEntries(pins.map(({ name, version }) => [name, version])),
  };
}
