import type * as OrtWeb from 'onnxruntime-web';
import { lazyPackage, messageOf } from '#packages/foundation';
import type { Runtime } from './session.ts';
import { FeedCache, describe, unwrap } from './tensors.ts';

const loadOrtWeb = lazyPackage<typeof OrtWeb>('onnxruntime-web');

/** ONNX Runtime compiled to WebAssembly: runs wherever Node does, on one thread, at a fraction of the speed. */
export const wasmRuntime: Runtime = {
  whyUnavailable(provider) {
    if (provider !== 'wasm') return 'it belongs to the native build of ONNX Runtime';
    try {
      loadOrtWeb();
      return undefined;
    } catch (error) {
      return `onnxruntime-web cannot be loaded: ${messageOf(error).split('\n', 1)[0] ?? ''}. To install it, run "npm install onnxruntime-web"`;
    }
  },

  async open(source) {
    const { InferenceSession, Tensor, env } = loadOrtWeb();
    // Threads need a worker script per thread and gain little for the small devices that this is for.
    env.wasm.numThreads = 1;
    env.logLevel = 'error';
    const { model, externalData } = await source.read();
    const session = await InferenceSession.create(model, {
      executionProviders: ['wasm'],
      externalData: [...externalData],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    });
    const feedCache = new FeedCache(Tensor);
    let closed = false;
    return {
      inputs: describe(session.inputMetadata, 'input'),
      outputs: describe(session.outputMetadata, 'output'),
      optimized: 'off',
      run: async (feeds, fetches) => unwrap(await session.run(feedCache.wrap(feeds), fetches)),
      async close() {
        if (closed) return;
        closed = true;
        await session.release();
      },
    };
  },
};
