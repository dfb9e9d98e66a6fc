import type { Provider } from '#packages/model-package';
import { pluggedRuntime } from './c-api/plugged-runtime.ts';
import { compiledRuntime } from './compiled-runtime.ts';
import { nativeRuntime } from './native-runtime.ts';
import type { Runtime } from './session.ts';
import { wasmRuntime } from './wasm-runtime.ts';

/** Providers that a component brings, or of which only the C interface tells what they run. */
const BY_C_INTERFACE: ReadonlySet<Provider> = new Set(['webgpu', 'cuda', 'openvino', 'qnn']);

/** The way to a provider. The C interface is called on Linux only. */
export function runtimeOf(provider: Provider): Runtime {
  if (provider === 'wasm') return wasmRuntime;
  if (provider === 'hailo' || provider === 'rknn') return compiledRuntime;
  return process.platform === 'linux' && BY_C_INTERFACE.has(provider) ? pluggedRuntime : nativeRuntime;
}
