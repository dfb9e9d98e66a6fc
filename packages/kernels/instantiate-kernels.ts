/** The part of the WebAssembly API that is used; Node's types leave it to the browser's. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** Compiled modules by their base64; undefined if they do not compile. */
const compiled = new Map<string, object | undefined>();

/**
 * The exports of a module without imports, with a memory of its own; undefined if WebAssembly or its SIMD is missing.
 * @param kernels the module in base64, which is compiled once
 */
export function instantiateKernels<Kernels>(kernels: string): Kernels | undefined {
  const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
  if (!compiled.has(kernels)) compiled.set(kernels, compile(api, kernels));
  const module = compiled.get(kernels);
  return module && (new api.Instance(module).exports as Kernels);
}

function compile(api: WebAssemblyApi, kernels: string): object | undefined {
  try {
    return new api.Module(Buffer.from(kernels, 'base64'));
  } catch {
    return undefined;
  }
}
