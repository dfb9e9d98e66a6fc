import type * as z from 'zod';

import { inputSchema, mergeInput } from './schema-input.ts';
import { outputSchema } from './schema-output.ts';
import type { InputSpec } from './schema-input.ts';
import type { OutputSpec } from './schema-output.ts';

/** `input` and `output` of a variant that has keys of its own, complete. */
export interface VariantSpecs {
  readonly input?: InputSpec;
  readonly output?: OutputSpec;
}

type Keys = Readonly<Record<string, unknown>>;
type Issue = Pick<z.core.$ZodIssue, 'path' | 'message'>;

/**
 * Lays the keys of each variant on those of the manifest as both are written: defaults depend on other keys (`nms` on `rows`, say) and are
 * filled afterwards. Problems of the manifest's own `input` and `output` are not told again for each variant.
 */
export function wholeSpecs(manifest: unknown): { readonly specs: readonly VariantSpecs[]; readonly issues: Issue[] } {
  const { input, output, variants } = keysOf(manifest);
  const issues: Issue[] = [];
  const takesImage = isGood(inputSchema, input) || input === undefined;
  const specs = (Array.isArray(variants) ? variants : []).map((variant, index) => {
    const own = keysOf(variant);
    const checked = <Spec>(key: keyof VariantSpecs, schema: z.ZodType<Spec>, merged: Keys): Spec | undefined => {
      const parsed = schema.safeParse(merged);
      for (const { path, message } of parsed.error?.issues ?? []) {
        issues.push({ path: ['variants', index, key, ...path], message });
      }
      return parsed.data;
    };
    const ownInput =
      own['input'] !== undefined && takesImage
        ? checked('input', inputSchema, mergeInput(keysOf(input), keysOf(own['input'])))
        : undefined;
    const ownOutput =
      own['output'] !== undefined && isGood(outputSchema, output)
        ? checked('output', outputSchema, { ...keysOf(output), ...keysOf(own['output']) })
        : undefined;
    return { ...(ownInput && { input: ownInput }), ...(ownOutput && { output: ownOutput }) };
  });
  return { specs, issues };
}

function isGood(schema: z.ZodType, value: unknown): boolean {
  return schema.safeParse(value).success;
}

function keysOf(value: unknown): Keys {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Keys) : {};
}
