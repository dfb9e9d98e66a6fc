import type { InputSpec } from './schema-input.ts';
import type { OutputSpec } from './schema-output.ts';
import type { ModelManifest, Variant } from './schema.ts';

/** `input` as this variant takes it: the manifest's, with the variant's own keys on top; undefined if the model takes no image. */
export function inputOf(manifest: ModelManifest, variant: Variant): InputSpec | undefined {
  return variant.input ?? manifest.input;
}

/** `output` as this variant gives it: the manifest's, with the variant's own keys on top. */
export function outputOf(manifest: ModelManifest, variant: Variant): OutputSpec {
  return variant.output ?? manifest.output;
}
