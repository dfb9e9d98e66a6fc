import { createHash } from 'node:crypto';
import { canonicalJson } from '#packages/model-package';
import type { InstanceSpec } from '../instance/model-instance.ts';

type Described = Pick<InstanceSpec, 'manifest' | 'hashes'>;

/**
 * Names what a model's vectors can be compared with: those of models with the same space. It is `output.space` of the package, else a hash over
 * the ONNX files and all that changes the vector; another version of a package with other labels or golden cases keeps it.
 * @returns undefined for models of other tasks
 */
export function vectorSpace({ manifest, hashes }: Described): string | undefined {
  const { output, input, variants } = manifest;
  if (output.decoder !== 'embedding') return undefined;
  if (output.space !== undefined) return `space:${output.space}`;
  const { pooling, output: name } = output;
  const files = variants.map(({ file }) => hashes[file] ?? '').toSorted();
  return `sha256:${createHash('sha256').update(canonicalOf({ files, input, pooling, name })).digest('hex')}`;
}

/** Fractions do not have a canonical form, and texts do. */
function canonicalOf(value: object): string {
  const text = JSON.stringify(value, (_, one: unknown) => (typeof one === 'number' ? String(one) : one));
  return canonicalJson(JSON.parse(text) as Readonly<Record<string, string>>);
}
