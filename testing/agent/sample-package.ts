import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SIGNATURE_FILE } from '#packages/model-package';

/** A sample model of the project: small, real, with golden inputs. */
export const SAMPLE_PACKAGE = join(import.meta.dirname, '../../artifacts/models/PartsClassifier');

/**
 * A copy of the sample as another version. Its labels carry the version, so that each answer tells which model gave it.
 * `change` edits the manifest.
 */
export async function samplePackage(
  dir: string,
  version: string,
  change: (manifest: Record<string, unknown>) => object = () => ({}),
): Promise<string> {
  await cp(SAMPLE_PACKAGE, dir, {
    recursive: true,
    filter: (path) => !path.endsWith(SIGNATURE_FILE) && !path.endsWith('sagemaker_edge_manifest'),
  });
  const manifest = JSON.parse(await readFile(join(dir, 'model.json'), 'utf8')) as SampleManifest;
  await edit(dir, 'labels.txt', (labels) => labels.replaceAll(/^(.+)$/gm, `$1@${version}`));
  for (const { expect } of manifest.golden) {
    await edit(dir, expect, (text) => {
      const predictions = JSON.parse(text) as { readonly label: string }[];
      return JSON.stringify(predictions.map((one) => ({ ...one, label: `${one.label}@${version}` })));
    });
  }
  await writeFile(join(dir, 'model.json'), JSON.stringify({ ...manifest, version, ...change(manifest) }));
  return dir;
}

interface SampleManifest extends Record<string, unknown> {
  readonly golden: readonly { readonly input: string; readonly expect: string }[];
}

async function edit(dir: string, file: string, change: (text: string) => string): Promise<void> {
  await writeFile(join(dir, file), change(await readFile(join(dir, file), 'utf8')));
}

export interface SampleImage {
  readonly bytes: Buffer;
  /** The model's answer for it, best first. */
  readonly expected: readonly { readonly classId: number; readonly score: number }[];
}

/** The sample's own golden inputs. */
export async function sampleImages(): Promise<readonly SampleImage[]> {
  const manifest = JSON.parse(await readFile(join(SAMPLE_PACKAGE, 'model.json'), 'utf8')) as SampleManifest;
  return Promise.all(
    manifest.golden.map(async ({ input, expect }) => ({
      bytes: await readFile(join(SAMPLE_PACKAGE, input)),
      expected: JSON.parse(await readFile(join(SAMPLE_PACKAGE, expect), 'utf8')) as SampleImage['expected'],
    })),
  );
}
