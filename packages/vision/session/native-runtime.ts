import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';

import type * as Ort from 'onnxruntime-node';
import type { Provider } from '#packages/model-package';
import { hashFile, lazyPackage, messageOf, resolvePackage } from '#packages/foundation';
import { cpuIdentity } from './cpu-identity.ts';
import { OptimizedCache } from './optimized-cache.ts';
import type { CacheKey } from './optimized-cache.ts';
import { returnFreedMemory } from './return-memory.ts';
import type { Optimized, Runtime, Session, SessionOptions } from './session.ts';
import { FeedCache, describe, unwrap } from './tensors.ts';

type OrtModule = typeof Ort;
type OrtSession = Ort.InferenceSession;
type OrtOptions = Ort.InferenceSession.SessionOptions;

const loadOrt = lazyPackage<OrtModule>('onnxruntime-node');

/** ONNX Runtime's Node binding: cpu and webgpu come with it, cuda and tensorrt by an extra step. */
export const nativeRuntime: Runtime = {
  whyUnavailable(provider) {
    if (provider === 'wasm') return 'it belongs to the WebAssembly build of ONNX Runtime';
    let bundled: readonly string[];
    try {
      bundled = loadOrt()
        .listSupportedBackends()
        .map((backend) => backend.name);
    } catch (error) {
      return `ONNX Runtime has no native build for ${process.platform} ${process.arch}: ${firstLine(messageOf(error))}`;
    }
    if (provider === 'cuda' || provider === 'tensorrt') return whyNoCuda(provider);
    return bundled.includes(provider)
      ? undefined
      : `ONNX Runtime for ${process.platform} ${process.arch} comes without it`;
  },

  async open(file, provider, options) {
    const { session, optimized } = await (provider === 'cpu' && options.cacheDir !== undefined
      ? openWithCache(file, options, options.cacheDir)
      : openPlain(file, provider, options));
    returnFreedMemory();
    return wrap(session, optimized);
  },
};

/** Name and version; a plain name where there is no native build. */
export function nativeVersion(): string {
  try {
    return `onnxruntime-node ${loadOrt().env.versions.node ?? 'unknown'}`;
  } catch {
    return 'onnxruntime-node absent';
  }
}

function wrap(session: OrtSession, optimized: Optimized): Session {
  const feedCache = new FeedCache(loadOrt().Tensor);
  let closed = false;
  return {
    inputs: describe(session.inputMetadata, 'input'),
    outputs: describe(session.outputMetadata, 'output'),
    optimized,
    run: async (feeds, fetches) => unwrap(await session.run(feedCache.wrap(feeds), fetches)),
    async close() {
      if (closed) return;
      closed = true;
      await session.release();
      returnFreedMemory();
    },
  };
}

interface Opened {
  readonly session: OrtSession;
  readonly optimized: Optimized;
}

async function openPlain(file: string, provider: Provider, options: SessionOptions): Promise<Opened> {
  return { session: await loadOrt().InferenceSession.create(file, ortOptions(provider, options)), optimized: 'off' };
}

/** Loads the optimised model of this device, or makes it on the way. */
async function openWithCache(file: string, options: SessionOptions, cacheDir: string): Promise<Opened> {
  const { InferenceSession } = loadOrt();
  const plain = ortOptions('cpu', options);
  const cache = new OptimizedCache(cacheDir);
  const key: CacheKey = {
    modelHash: options.modelHash ?? (await hashFile(file)),
    runtime: `${nativeVersion()} level=all`,
    cpu: cpuIdentity(),
  };
  const known = await cache.find(key);
  if (known !== undefined) {
    const ready = await InferenceSession.create(known, { ...plain, graphOptimizationLevel: 'disabled' }).catch(
      () => undefined,
    );
    if (ready) return { session: ready, optimized: 'reused' };
  }
  const made = await cache.reserve().catch(() => undefined);
  if (made === undefined) return { session: await InferenceSession.create(file, plain), optimized: 'failed' };
  let session: OrtSession;
  try {
    session = await InferenceSession.create(file, { ...plain, optimizedModelFilePath: made });
  } catch {
    // Whether the model or the disk is at fault shows without the cache.
    await rm(made, { force: true });
    return { session: await InferenceSession.create(file, plain), optimized: 'failed' };
  }
  try {
    await cache.adopt(key, made);
    return { session, optimized: 'made' };
  } catch {
    await rm(made, { force: true });
    return { session, optimized: 'failed' };
  }
}

function ortOptions(provider: Provider, options: SessionOptions): OrtOptions {
  return {
    // The CPU takes what an accelerator cannot; ONNX Runtime adds it by itself.
    executionProviders: provider === 'tensorrt' ? ['tensorrt', 'cuda'] : [provider],
    ...(options.intraOpThreads > 0 ? { intraOpNumThreads: options.intraOpThreads } : {}),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // Errors only: a warning on stderr would look like a fault in the component's log.
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: options.spinning ? '1' : '0' } } },
  };
}

/** CUDA and TensorRT are libraries beside the binding, which npm packages leave out. */
function whyNoCuda(provider: 'cuda' | 'tensorrt'): string | undefined {
  if (!['linux', 'win32'].includes(process.platform) || process.arch !== 'x64') {
    return `ONNX Runtime has no ${provider} build for ${process.platform} ${process.arch} on npm; use "webgpu" or "cpu"`;
  }
  const main = resolvePackage('onnxruntime-node/package.json');
  if (main === undefined) return 'onnxruntime-node is not installed';
  const library =
    process.platform === 'win32' ? `onnxruntime_providers_${provider}.dll` : `libonnxruntime_providers_${provider}.so`;
  const folder = path.join(path.dirname(main), 'bin', 'napi-v6', process.platform, process.arch);
  if (existsSync(path.join(folder, library))) return undefined;
  return (
    `${library} is not installed beside ONNX Runtime. To install it, run "ONNXRUNTIME_NODE_INSTALL=cuda12 node script/install.js" ` +
    `in ${path.dirname(main)} on a machine with internet access, and CUDA 12 with cuDNN 9${provider === 'tensorrt' ? ' and TensorRT 10' : ''} on the device`
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
