import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Archive, BundledSoftware } from '../licenses/bundled-software.ts';
import { licenseEntries } from '../licenses/license-entries.ts';
import { standardTexts } from '../licenses/standard-text.ts';
import { projectPaths } from '../project.ts';
import { nativeFilesEntry } from '../runtime/native-files.ts';
import type { MakeContext } from '../artifact.ts';
import type { ZipEntry } from '../zip/zip-entry.ts';
import { fetchWheel, unpackWheel } from './fetch-wheel.ts';
import type { AcceleratorSource, Wheel } from './wheels.ts';

/** Texts of licenses and notices, wherever a wheel has them. */
const LEGAL = /^(LICENSE|NOTICE|ThirdPartyNotices|third-party-programs)(\.txt)?$/i;

/** Hands the files of an accelerator for one platform to `use`; they lie in a temporary folder that is gone afterward. */
export async function withAcceleratorEntries<Result>(
  source: AcceleratorSource,
  wheel: Wheel,
  archive: Archive,
  context: MakeContext,
  use: (entries: readonly ZipEntry[]) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(path.join(context.cache, 'accelerator-'));
  try {
    const files = await unpackWheel(await fetchWheel(wheel, context.cache, context), folder, context.signal);
    const taken = files
      .filter((file) => source.files.test(path.basename(file)))
      .map((file) => ({ path: path.basename(file), content: { file } }));
    const { provider, executionProvider, library } = source;
    const description = {
      provider,
      executionProvider,
      library,
      version: wheel.version,
      ...(source.bringsRuntime ? { runtime: `libonnxruntime.so.${wheel.version}` } : {}),
      ...(source.needs ? { needs: source.needs } : {}),
    };
    const entries: ZipEntry[] = [
      { path: 'link-current.sh', content: { file: path.join(projectPaths.components, 'runtime/link-current.sh') } },
      { path: 'accelerator.json', content: Buffer.from(`${JSON.stringify(description, null, 2)}\n`) },
      ...taken,
    ];
    entries.push(await nativeFilesEntry(entries, context.signer));
    return await use([...entries, ...licenseEntries(archive, [await softwareOf(source, wheel, files)])]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function softwareOf(source: AcceleratorSource, wheel: Wheel, files: readonly string[]): Promise<BundledSoftware> {
  const legal = files.filter((file) => LEGAL.test(path.basename(file)));
  const texts = await Promise.all(
    legal.map(async (file) => ({ title: path.basename(file), text: await readFile(file, 'utf8') })),
  );
  const hasLicense = texts.some(({ title }) => /^LICENSE/i.test(title));
  return {
    name: wheel.name,
    version: wheel.version,
    license: source.license,
    texts: hasLicense ? texts : [...standardTexts(source.license, wheel.name), ...texts],
    purl: `pkg:pypi/${wheel.name}@${wheel.version}`,
  };
}
