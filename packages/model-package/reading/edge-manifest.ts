import * as z from 'zod';

import type { ModelManifest } from '../schema.ts';
import { packageErrors } from '../errors.ts';

/** The file by which SageMaker Edge Manager's clients know a package: they read exactly `metadata.model_name` and `model_version`. */
export const EDGE_MANIFEST_FILE = 'sagemaker_edge_manifest';

/** Contents of `sagemaker_edge_manifest` for a package. */
export function edgeManifestOf(manifest: Pick<ModelManifest, 'name' | 'version'>): string {
  const metadata = { model_name: manifest.name, model_version: manifest.version };
  return `${JSON.stringify({ metadata }, undefined, 2)}\n`;
}

/** @throws EdgeError `package.edge-manifest-mismatch` if the text does not name the same model as `model.json`. */
export function checkEdgeManifest(text: string, manifest: Pick<ModelManifest, 'name' | 'version'>): void {
  const { name, version } = parseEdgeManifest(text);
  if (name === manifest.name && version === manifest.version) return;
  throw packageErrors.error(
    'package.edge-manifest-mismatch',
    `${EDGE_MANIFEST_FILE} names ${name} ${version}, model.json names ${manifest.name} ${manifest.version}`,
    { facts: { name, version } },
  );
}

/** @throws EdgeError `package.edge-manifest-mismatch` if the text is not such a file. */
export function parseEdgeManifest(text: string): Pick<ModelManifest, 'name' | 'version'> {
  const parsed = edgeManifestSchema.safeParse(jsonOf(text));
  if (parsed.success) return { name: parsed.data.metadata.model_name, version: parsed.data.metadata.model_version };
  throw packageErrors.error(
    'package.edge-manifest-mismatch',
    `${EDGE_MANIFEST_FILE} is not {"metadata":{"model_name":…,"model_version":…}}`,
  );
}

const edgeManifestSchema = z.looseObject({
  metadata: z.looseObject({ model_name: z.string(), model_version: z.string() }),
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
