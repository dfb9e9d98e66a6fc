import { isCompiled, meantFor, runsOn } from '#packages/model-package';
import type { Provider, Variant } from '#packages/model-package';
import { isEdgeError } from '#packages/foundation';
import { visionErrors } from '../errors.ts';
import { findAccelerators } from '../hardware/find-accelerators.ts';
import type { Fallback } from '../loaded-model.ts';
import type { ModelSource } from './model-source.ts';
import { isBrokenModel, loadError, providerReason } from './run-errors.ts';
import { runtimeOf as defaultRuntime } from './runtime-of.ts';
import type { Runtime, Session, SessionOptions } from './session.ts';

export interface LadderOptions extends SessionOptions {
  readonly providers: readonly Provider[];
  readonly requireProvider?: boolean | Provider;
  /** Chips of this device that files may be compiled for. Default: those that the kernel tells of. */
  readonly targets?: () => readonly string[];
}

export interface OpenedModel {
  readonly session: Session;
  readonly provider: Provider;
  /** Rungs above the one taken. */
  readonly fallbacks: readonly Fallback[];
}

/**
 * Tries one provider after the other until one loads the model and passes the probe; every step down has its reason.
 * A model that is broken in itself fails at once.
 * @throws EdgeError `model.unreadable`, `model.provider-unavailable`
 */
export async function openOnLadder(
  source: ModelSource,
  variant: Variant,
  options: LadderOptions,
  probe: (session: Session, provider: Provider) => Promise<void>,
  runtimeOf: (provider: Provider) => Runtime = defaultRuntime,
): Promise<OpenedModel> {
  const fallbacks: Fallback[] = [];
  let failure: unknown;
  let cpuRefused = false;
  for (const provider of rungs(variant, options)) {
    const runtime = runtimeOf(provider);
    const absent = whyForeign(variant, options) ?? runtime.whyUnavailable(provider);
    if (absent !== undefined) {
      fallbacks.push({ provider, reason: absent });
      continue;
    }
    let session: Session | undefined;
    try {
      session = await runtime.open(source, provider, options);
      await probe(session, provider);
      return { session, provider, fallbacks };
    } catch (error) {
      await session?.close();
      // A fault that we found ourselves is a fault on every provider.
      if (isEdgeError(error)) throw error;
      if (session === undefined && isBrokenModel(error)) throw loadError(variant.file, error);
      failure = error;
      cpuRefused ||= session === undefined && (provider === 'cpu' || provider === 'wasm');
      fallbacks.push({ provider, reason: providerReason(error) });
    }
  }
  // The CPU runs whatever ONNX Runtime can run: what it does not take is the model's fault.
  if (cpuRefused) throw loadError(variant.file, failure);
  throw exhausted(variant, options, fallbacks, failure);
}

/** Why a file that was compiled for one chip cannot run here. */
function whyForeign(variant: Variant, { targets = () => findAccelerators().map(({ kind }) => kind) }: LadderOptions) {
  if (!isCompiled(variant)) return undefined;
  const found = targets();
  if (variant.target !== undefined && found.includes(variant.target)) return undefined;
  const has = found.length === 0 ? 'no accelerator was found here' : `this device has ${found.join(', ')}`;
  return `"${variant.file}" is compiled for ${variant.target}; ${has}`;
}

/** The ladder without the rungs that the variant or `requireProvider` rules out. */
function rungs(variant: Variant, options: LadderOptions): readonly Provider[] {
  const required = options.requireProvider === true ? options.providers[0] : options.requireProvider || undefined;
  const wanted = required === undefined ? options.providers : [required];
  return wanted.filter((provider, index) => wanted.indexOf(provider) === index && runsOn(variant, provider));
}

function exhausted(variant: Variant, options: LadderOptions, fallbacks: readonly Fallback[], failure: unknown): Error {
  const required = options.requireProvider ? `, and requireProvider is ${JSON.stringify(options.requireProvider)}` : '';
  const asked = options.providers.join(', ') || 'none';
  const reasons =
    fallbacks.length > 0
      ? fallbacks.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ')
      : `"${variant.file}" is for ${meantFor(variant)} only`;
  return visionErrors.error(
    'model.provider-unavailable',
    `no provider can run "${variant.file}" (asked for: ${asked}${required}). ${reasons}`,
    {
      cause: failure,
      facts: { requested: options.providers, fallbacks },
    },
  );
}
