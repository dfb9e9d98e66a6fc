import { parseManifest } from '../schema.ts';
import type { ModelManifest } from '../schema.ts';
import { EDGE_MANIFEST_FILE, parseEdgeManifest } from './edge-manifest.ts';
import type { PackageFile } from './list-files.ts';

/**
 * File of the model in a folder as clients of Edge Manager have it: one `.onnx` and a `sagemaker_edge_manifest`, no model.json.
 * Undefined if the folder is something else.
 */
export function bareModelFile(files: readonly PackageFile[]): string | undefined {
  const models = files.filter(({ path }) => path.toLowerCase().endsWith('.onnx'));
  const named = files.some(({ path }) => path === EDGE_MANIFEST_FILE);
  return named && models.length === 1 ? models[0]?.path : undefined;
}

/**
 * A manifest for such a folder: the model takes and gives tensors as they are. Names of Edge Manager's packages may hold what
 * ours may not; what is changed about them is kept in `provenance`.
 * @throws EdgeError `package.edge-manifest-mismatch`
 */
export function bareManifest(edgeManifest: string, file: string): ModelManifest {
  const { name, version } = parseEdgeManifest(edgeManifest);
  return parseManifest({
    schemaVersion: 1,
    name: allowed(name, 128) || 'model',
    version: allowed(version, 64) || '0',
    task: 'tensor',
    output: { decoder: 'tensor' },
    variants: [{ file }],
    provenance: { sagemaker_edge_manifest: { model_name: name, model_version: version } },
  });
}

function allowed(text: string, length: number): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, length)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
