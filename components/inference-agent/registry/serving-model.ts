import { Rarity } from '#packages/drift';
import { boundsOf } from '#packages/vision';
import type { Inference } from '#packages/vision';
import { isEdgeError } from '#packages/foundation';
import type { Clock, WireError } from '#packages/foundation';
import type { ModelIdentity, ModelStatus, NotKept } from '#packages/http';
import { outputOf } from '#packages/model-package';
import type { ModelManifest, SignedPackage } from '#packages/model-package';

import type { Picture } from '../picture/picture.ts';
import type { Target } from '../admission/admission.ts';
import type {
  InstanceFacts,
  InstanceSettings,
  InstanceSpec,
  ModelInstance,
  TensorFeeds,
  TensorRun,
} from '../instance/model-instance.ts';
import type { Judged, Standing } from '../trust/policy-guard.ts';

/** An instance under its alias, with the count of what runs on it. */
export class ServingModel implements Target, Judged {
  readonly identity: ModelIdentity;
  readonly spec: InstanceSpec;
  readonly instance: ModelInstance;
  readonly activatedAt: string;
  /** The facts about the model in each of its answers. */
  readonly answeredBy: { readonly model: ModelIdentity; readonly provider: string; readonly variant: string };
  /** Undefined unless the package has a baseline and drift is looked for. */
  readonly rarity: Rarity | undefined;
  standing: Standing = {};
  #signature: string | undefined;
  #inFlight = 0;
  #lost = 0;
  #draining = false;
  #onIdle: () => void = () => undefined;

  /** @param signature text of the package's `signature.json`, if it has one */
  constructor(
    identity: ModelIdentity,
    spec: InstanceSpec,
    instance: ModelInstance,
    activatedAt: string,
    signature: string | undefined,
  ) {
    this.identity = identity;
    this.spec = spec;
    this.instance = instance;
    this.activatedAt = activatedAt;
    this.#signature = signature;
    const { baseline, settings } = spec;
    this.rarity = baseline && settings.measurePictures ? new Rarity(baseline.sketch) : undefined;
    const { provider, variant } = instance.facts;
    this.answeredBy = { model: identity, provider, variant };
  }

  /** Its package's own description. */
  get signed(): SignedPackage {
    const { manifest, hashes } = this.spec;
    return { manifest, hashes, signature: this.#signature };
  }

  /** The same package came again with another signature, which was verified. */
  signAgain(signature: string | undefined): void {
    this.#signature = signature;
  }

  /** Where its lists of predictions end. */
  get bounds(): Bounds {
    return boundsOfVariant(this.spec.manifest, this.instance.facts.variant);
  }

  get capacity(): number {
    return this.instance.capacity;
  }

  get free(): number {
    return this.instance.free;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  infer(picture: Picture, contentType?: string): Promise<Inference> {
    return this.#counted(() => this.instance.infer(picture, contentType));
  }

  inferTensors(feeds: TensorFeeds): Promise<TensorRun> {
    return this.#counted(() => this.instance.inferTensors(feeds));
  }

  /**
   * Waits until what runs has been answered, `timeoutMs` at most, then ends the instance.
   * @returns number of requests that were not answered because of it
   */
  async drain(clock: Clock, timeoutMs: number): Promise<number> {
    this.#draining = true;
    await this.#idle(clock, timeoutMs);
    await this.instance.close();
    // Closing has answered the rest; their errors are counted on the way out.
    await this.#idle(clock, CLOSE_MS);
    return this.#lost;
  }

  status(state: ModelStatus['state'], notKept?: NotKept): ModelStatus {
    const { facts, killerInputs, spare, memoryBytes } = this.instance;
    const { manifest, settings } = this.spec;
    const killers = killerInputs.map(({ packageHash: _thisOne, ...killer }) => killer);
    return {
      ...this.identity,
      state,
      task: this.spec.manifest.task,
      requestedProviders: this.spec.settings.providers,
      provider: facts.provider,
      fallbacks: facts.fallbacks,
      ...(facts.shares ? { shares: facts.shares } : {}),
      variant: facts.variant,
      workers: this.spec.settings.workers,
      ...told(this.bounds),
      ...(facts.confinement === undefined ? {} : { confinement: facts.confinement }),
      ...(this.standing.signedBy === undefined ? {} : { signedBy: this.standing.signedBy }),
      ...(this.standing.refusal ? { refusal: briefly(this.standing.refusal) } : {}),
      ...(facts.limits === undefined ? {} : { limits: facts.limits }),
      ...(spare === undefined ? {} : { spare }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(settings.golden === 'off' || manifest.golden.length === 0
        ? {}
        : { golden: { passed: manifest.golden.length, ...fastest(facts) } }),
      ...(killers.length === 0 ? {} : { killerInputs: killers }),
      inFlight: this.#inFlight,
      activatedAt: this.activatedAt,
      ...(notKept ? { notKept } : {}),
    };
  }

  async #counted<Answer>(run: () => Promise<Answer>): Promise<Answer> {
    this.#inFlight++;
    try {
      return await run();
    } catch (thrown) {
      // An input may be bad on any model; what fails for reasons of the instance is lost by the swap.
      if (this.#draining && isEdgeError(thrown) && thrown.code.startsWith('instance.')) this.#lost++;
      throw thrown;
    } finally {
      if (--this.#inFlight === 0) this.#onIdle();
    }
  }

  async #idle(clock: Clock, timeoutMs: number): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(timeoutMs, resolve);
      this.#onIdle = () => {
        cancel();
        resolve();
      };
    });
  }
}

const CLOSE_MS = 1_000;

type Bounds = ReturnType<typeof boundsOf>;

/** Whether a running instance is still what the settings ask for; time-outs and bounds matter only while it opens. */
export function sameSettings(running: InstanceSettings, wanted: InstanceSettings): boolean {
  const lasting = (settings: InstanceSettings) => {
    const { stuckAfterMs: _stuck, loadTimeoutMs: _load, golden: _golden, maxLatencyMs: _latency, ...rest } = settings;
    return JSON.stringify(rest);
  };
  return lasting(running) === lasting(wanted);
}

function briefly({ code, message }: WireError): { readonly code: string; readonly message: string } {
  return { code, message };
}

function fastest({ latencyMs }: InstanceFacts): { readonly latencyMs?: number } {
  return latencyMs === undefined ? {} : { latencyMs: Math.round(latencyMs * 10) / 10 };
}

function boundsOfVariant(manifest: ModelManifest, file: string): Bounds {
  const variant = manifest.variants.find((one) => one.file === file);
  return boundsOf(variant ? outputOf(manifest, variant) : manifest.output);
}

function told({ threshold, limit }: Bounds): Pick<ModelStatus, 'bounds'> {
  const bounds = {
    ...(Number.isFinite(threshold) ? { scoreThreshold: threshold } : {}),
    ...(Number.isFinite(limit) ? { maxPredictions: limit } : {}),
  };
  return Object.keys(bounds).length === 0 ? {} : { bounds };
}
