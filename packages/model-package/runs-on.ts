import type { Provider, Variant } from './schema.ts';

type Runnable = Pick<Variant, 'backend' | 'providers'>;

/** Providers that run compiled files, each those of its own backend. */
const COMPILED: ReadonlySet<Provider> = new Set(['hailo', 'rknn']);

/** Whether the file of a variant was compiled for one chip, so that nothing but its backend can read it. */
export function isCompiled({ backend }: Pick<Variant, 'backend'>): boolean {
  return backend !== undefined && backend !== 'onnxruntime';
}

/** Whether a variant may be tried on a provider: a compiled one on its backend alone, which takes no other. */
export function runsOn(variant: Runnable, provider: Provider): boolean {
  if (isCompiled(variant)) return provider === variant.backend;
  return !COMPILED.has(provider) && (variant.providers?.includes(provider) ?? true);
}

/** The target of a variant, in words: `webgpu, cuda`, `hailo, compiled for hailo8`. */
export function meantFor({ backend, target, providers }: Pick<Variant, 'backend' | 'providers' | 'target'>): string {
  if (isCompiled({ backend })) return `${backend}, compiled for ${target}`;
  return providers?.join(', ') ?? 'every provider of ONNX Runtime';
}
