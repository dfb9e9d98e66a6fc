/** Defaults of the code are for trying things out; those of a published agent refuse what is unsigned or untested. */
const PRODUCTION_DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'edgeml.InferenceAgent': { SignaturePolicy: 'require', GoldenPolicy: 'require' },
};

/** A recipe, canonical keys, with the defaults of a published component. The recipe's own settings stay. */
export function productionRecipe(
  component: string,
  document: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const defaults = Object.hasOwn(PRODUCTION_DEFAULTS, component) ? PRODUCTION_DEFAULTS[component] : undefined;
  if (!defaults) return document;
  const { ComponentConfiguration: configuration } = document;
  const { DefaultConfiguration: own, ...rest } = isPlainObject(configuration) ? configuration : {};
  const DefaultConfiguration = { ...defaults, ...(isPlainObject(own) ? own : {}) };
  return { ...document, ComponentConfiguration: { ...rest, DefaultConfiguration } };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
