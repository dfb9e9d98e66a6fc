import type { Provider } from '#packages/model-package';
import { plugInFor, pluggedRuntime } from './c-api/plugged-runtime.ts';
import { nativeRuntime } from './native-runtime.ts';
import type { Runtime } from './session.ts';
import { wasmRuntime } from './wasm-runtime.ts';

/** Providers that the Node.js binding does not know. */
const PLUGGED_ONLY: ReadonlySet<Provider> = new Set(['openvino', 'qnn']);

/** The way to a provider: a component that brings it goes before what the Node.js binding has. */
export function runtimeOf(provider: Provider): Runtime {
  if (provider === 'wasm') return wasmRuntime;
  if (PLUGGED_ONLY.has(provider) || plugInFor(provider) !== undefined) return pluggedRuntime;
  // Where the binding comes without it, only a component can bring it.
  if (provider === 'webgpu' && isLackedBy(provider)) return pluggedRuntime;
  return nativeRuntime;
}

function isLackedBy(provider: Provider): boolean {
  return process.platform === 'linux' && nativeRuntime.whyUnavailable(provider) !== undefined;
}
