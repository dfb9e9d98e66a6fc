import type { WireError } from '#packages/foundation';
import type { Prediction, Timings } from '#packages/model-package';
import type { ComponentHealth } from './health-api.ts';

/** JSON bodies of the agent's HTTP API, shared by the agent, its clients and the command line. */

/** Requests carry the deadline here, in milliseconds from arrival; the service's time-out is the upper bound. */
export const DEADLINE_HEADER = 'x-edgeml-deadline-ms';

/** 200 answer of `POST /v1/services/{service}/invoke`. */
export interface InvokeResult {
  readonly id: string;
  readonly service: string;
  readonly model: ModelIdentity;
  /** Execution provider that really ran, e.g. `cpu`. */
  readonly provider: string;
  /** File of the variant that ran, e.g. `model.int8.onnx`. */
  readonly variant: string;
  /** Size of the decoded, upright image in pixels; 0 × 0 of arrays. */
  readonly image: { readonly width: number; readonly height: number };
  readonly predictions: readonly Prediction[];
  /**
   * How unusual the image and its predictions are beside the baseline of the model's package: at most `share` of the baseline is as
   * unusual in `feature`. Absent without a baseline, and if `Drift.Enabled` is false.
   */
  readonly deviation?: { readonly feature: string; readonly share: number };
  /** Only where the request asks for it (`?placement=true`). */
  readonly placement?: ImagePlacement;
  /** Only from models with the decoder `tensor`, and of arrays: the model's outputs by name. */
  readonly outputs?: Readonly<Record<string, TensorJson>>;
  /** Of a call in a sequence to a model that hands a state on: whether it has begun with zeros. */
  readonly sequence?: { readonly id: string; readonly began: boolean };
  readonly timings: Timings;
}

/** A result within the 4 kB of a message. */
export interface IpcResult extends Omit<InvokeResult, 'outputs'> {
  readonly outputs?: Readonly<Record<string, TensorMessage>>;
  /** Number of predictions with the lowest scores that were cut. */
  readonly truncated?: number;
  /** Number of predictions whose mask or heat map was left out before any prediction was cut, the lowest scores first. */
  readonly withoutMask?: number;
}

/** Where the image lies in the model's input: image = tensor · scale + offset, both as fractions of width and height. */
interface ImagePlacement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
  /** Of the model's input, in pixels. */
  readonly width: number;
  readonly height: number;
}

export interface TensorJson {
  /** e.g. `float32`; `float16` as raw bits, `bool` as one byte each. */
  readonly type: string;
  readonly shape: readonly number[];
  /** Elements, row-major and little-endian, in base64. */
  readonly data: string;
  /**
   * The same as JSON has them, of tensors of up to 64 elements: NaN and infinities as null, 64-bit integers beyond 2^53 and
   * strings as text.
   */
  readonly values?: readonly (number | string | boolean | null)[];
}

/** A tensor as messages carry it; without values if it has more than 64 elements, or the message does not have room for them. */
export type TensorMessage = Omit<TensorJson, 'data'>;

export interface ModelIdentity {
  readonly alias: string;
  readonly name: string;
  readonly version: string;
  /** Counts up with every activation in this agent's life. */
  readonly generation: number;
  /** SHA-256 over the package's file hashes, hexadecimal. */
  readonly hash: string;
}

/** Body of every answer that is not 2xx. */
export interface ErrorBody {
  readonly error: WireError;
}

/** Body of `POST /v1/models/activate`. */
export interface ActivateRequest {
  /** Absolute path of the package folder (or .tar.gz / .zip of it) on this device. */
  readonly path: string;
  /** Default: the package's `name`. */
  readonly alias?: string;
  /** `challenger`: it runs beside the model that serves the alias and answers nobody. Default: `champion`. */
  readonly role?: ModelRole;
}

/** `champion`: the model that answers. `challenger`: one that sees a share of the frames and is compared with it. */
export type ModelRole = 'champion' | 'challenger';

/** One NDJSON line of the answer to `activate`; the last line's phase is `done` or `failed`. */
export type ActivateProgress =
  | { readonly phase: 'verify' | 'load' | 'warm-up' | 'golden' | 'swap' | 'drain'; readonly message: string }
  | {
      readonly phase: 'done';
      readonly model: ModelIdentity;
      readonly unchanged: boolean;
      readonly swapGapMs: number;
      readonly requestsLost: number;
      readonly provider: string;
      readonly variant: string;
      readonly notKept?: NotKept;
    }
  | { readonly phase: 'failed'; readonly error: WireError };

/** Set while the disk does not hold what serves, or holds only its record and no copy of its own. */
export interface NotKept {
  /** Why; the agent continues trying. */
  readonly error: WireError;
  /** The model that a restart of the agent would bring back; absent if there is none. */
  readonly restores?: Pick<ModelIdentity, 'name' | 'version'>;
}

/** Body of `GET /healthz`: 200 while requests are taken, 503 with the same body while they are not. */
export interface HealthStatus extends ComponentHealth {
  /** Aliases that answer requests now. */
  readonly services: readonly string[];
  /** Aliases without a model whose model is being restored or loaded: requests wait for it. Absent: an older agent, which does not say. */
  readonly expected?: readonly string[];
}

/** One element of `GET /v1/models`; also the answer to `retire` and `rollback` (of the model that then serves). */
export interface ModelStatus extends ModelIdentity {
  readonly state: 'active' | 'retiring';
  readonly task: string;
  readonly requestedProviders: readonly string[];
  readonly provider: string;
  /** Why a provider higher up the ladder is not used; empty when the first was taken. */
  readonly fallbacks: readonly { readonly provider: string; readonly reason: string }[];
  /**
   * Each provider's share of the graph: nodes, and milliseconds of one warm run, in which copies and waiting are the
   * accelerator's. Absent if ONNX Runtime does not tell, as on the CPU.
   */
  readonly shares?: Readonly<Record<string, { readonly nodes: number; readonly runMs?: number }>>;
  readonly variant: string;
  readonly workers: number;
  /** Predictions that its package keeps: those from a score on, and a number of them at most. Absent: all. */
  readonly bounds?: { readonly scoreThreshold?: number; readonly maxPredictions?: number };
  /** The confinement of the model's process: `full`, or the missing parts and why. Absent for a model in a thread of the agent. */
  readonly confinement?: string;
  /** The trusted key that signed the package; absent for one that none did, or if nobody looked. */
  readonly signedBy?: string;
  /** Why the configuration as it is now would refuse the model at the next start; absent if it would not. */
  readonly refusal?: { readonly code: string; readonly message: string };
  /**
   * By what the model's processes are held to the memory, CPU share and priority of their service, and what is not held and why.
   * Absent for a model in a thread of the agent.
   */
  readonly limits?: string;
  /** Resident memory of the model's processes; absent for a model in a thread of the agent, and if the system does not tell. */
  readonly memoryBytes?: number;
  /** The golden inputs that it has passed on this device, and its fastest run of one; absent if the package has none, or nobody ran them. */
  readonly golden?: { readonly passed: number; readonly latencyMs?: number };
  /** Whether the spare process would take over now; absent if the service wants none (`SpareInstance`). */
  readonly spare?: 'ready' | 'loading';
  /**
   * Inputs that ended the process which ran them; after two deaths they are refused (`input.kills-model`). A `kept` input lies in
   * `killer-inputs/<sha256>` of the agent's work folder. Absent if there are none.
   */
  readonly killerInputs?: readonly {
    readonly sha256: string;
    readonly bytes: number;
    readonly deaths: number;
    /** The reason of the last death. */
    readonly reason: string;
    /** Time of the first one, ISO 8601. */
    readonly since: string;
    readonly kept: boolean;
  }[];
  readonly inFlight: number;
  readonly activatedAt: string;
  /** Whether its services see and say what its baseline says; absent if its package has no baseline, or nobody looks. */
  readonly drift?: readonly ServiceDrift[];
  readonly notKept?: NotKept;
}

/** One service beside the baseline of its model. */
export interface ServiceDrift {
  readonly service: string;
  /** `learning`: no whole window has passed yet, and only the camera is judged. */
  readonly state: 'learning' | 'steady' | 'drifting';
  /** Pictures in the window. */
  readonly images: number;
  /** Whether the baseline is of a few chosen pictures: it says enough of a camera in the dark, and little of the rest. */
  readonly weakBaseline: boolean;
  readonly drifts: readonly DriftFacts[];
  /** The last comparison, what is nearest to its threshold first. */
  readonly findings: readonly DriftFinding[];
}

/** One feature beside the baseline, see docs/drift.md. */
export type DriftFinding = {
  readonly feature: string;
  readonly measure: 'psi' | 'jensen-shannon' | 'beyond' | 'unlike' | 'cusum';
  readonly value: number;
  readonly threshold: number;
  readonly direction?: 'lower' | 'higher';
};

export type DriftFacts = DriftFinding & {
  /** `camera`: the pictures themselves have changed. `world`: they look as always, and what is in them has changed. */
  readonly cause: 'camera' | 'world';
  /** In a word, e.g. `dark`, `blurred`, `moved`, `classes`. */
  readonly reason: string;
  /** ISO 8601. */
  readonly since: string;
  /** In a sentence. */
  readonly message: string;
};

/** Payload of `edgeml/results/<service>` and of the MQTT results topic. Kept under 4 kB: the masks of the lowest scores go first, counted in `withoutMask`, then the lowest scores, counted in `truncated`. */
export interface ResultMessage {
  readonly id: string;
  /** ISO 8601, UTC, when the image was taken or read. */
  readonly timestamp: string;
  readonly thing: string;
  readonly service: string;
  readonly source: string;
  /** File name (or frame id) of the image. */
  readonly image: string;
  readonly model?: ModelIdentity;
  readonly provider?: string;
  readonly predictions: readonly Prediction[];
  readonly truncated?: number;
  readonly withoutMask?: number;
  /** Only from models that give tensors. */
  readonly outputs?: Readonly<Record<string, TensorMessage>>;
  readonly timings?: Timings;
  /** File of the picture with the predictions drawn on it, in `Annotate.Folder` of the application; absent if none is kept of this image. */
  readonly annotated?: string;
  readonly error?: WireError;
}

/** The message on `replyTo`. */
export type IpcInvokeReply =
  { readonly id: string; readonly result: IpcResult } | { readonly id: string; readonly error: WireError };
