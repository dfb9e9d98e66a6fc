import { elementsOf, packStrings } from '#packages/vision';
import type { NamedTensors, TensorInfo } from '#packages/vision';
import type { DescribedTensor, ModelMetadata, ModelStatus, RepositoryModel, ServerMetadata } from '#packages/http';
import type { AdmissionRequest } from '../admission/admission.ts';
import { AGENT_VERSION } from '../fleet/agent-version.ts';
import type { BufferPool } from '../buffers/buffer-pool.ts';
import { agentErrors } from '../errors.ts';
import type { SequenceStates } from '../invoke/sequence-states.ts';
import type { Feeds, TensorCall, TensorService } from '../invoke/tensor-service.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { ServingModel } from '../registry/serving-model.ts';
import { bindInputs } from './bind-inputs.ts';
import { dataTypeOf } from './data-types.ts';
import type { InferRequest } from './infer-request.ts';
import { sequenceOf } from './sequence-of.ts';

export interface OpenInferencePorts {
  readonly tensors: TensorService;
  readonly registry: ModelRegistry;
  readonly buffers: BufferPool;
  /** State of callers, whichever way they come. */
  readonly states: SequenceStates;
  /** Alias of the model that answers a service. */
  readonly aliasOf: (service: string) => string;
  readonly isReady: () => boolean;
}

export interface InferAnswer {
  readonly model: string;
  readonly version: string;
  readonly id: string;
  readonly outputs: NamedTensors;
}

/** Triton's extensions that this server has. */
const EXTENSIONS = ['binary_tensor_data', 'model_repository', 'sequence'] as const;
/** Names of the input for an image and of the output with its predictions. */
const IMAGE_INPUT = 'image';
const PREDICTIONS_OUTPUT = 'predictions';

/** Open Inference Protocol v2, whichever transport brings it. */
export class OpenInference {
  readonly #ports: OpenInferencePorts;

  constructor(ports: OpenInferencePorts) {
    this.#ports = ports;
  }

  get isReady(): boolean {
    return this.#ports.isReady();
  }

  server(): ServerMetadata {
    return { name: 'edgeml', version: AGENT_VERSION, extensions: [...EXTENSIONS] };
  }

  isModelReady(name: string, version: string): boolean {
    const model = this.#ports.registry.served(this.#ports.aliasOf(name))?.serving;
    return model !== undefined && (version === '' || version === model.identity.version);
  }

  /** @throws EdgeError `open-inference.model-unknown` */
  model(name: string, version: string): ModelMetadata {
    const model = this.#ports.registry.served(this.#ports.aliasOf(name))?.serving;
    if (!model) {
      const known = this.#ports.registry.aliases();
      throw unknown(
        `there is no model "${name.slice(0, 200)}"; there ${known.length === 0 ? 'is none' : `are ${known.join(', ')}`}`,
      );
    }
    requireVersion(model, version);
    const { inputs, outputs } = model.instance.facts;
    return {
      name,
      versions: [model.identity.version],
      platform: 'onnxruntime_onnx',
      inputs: inputs.map(described),
      outputs: outputs.map(described),
    };
  }

  index(readyOnly: boolean): readonly RepositoryModel[] {
    return this.#ports.registry
      .list()
      .map((status) => indexed(status))
      .filter(({ state }) => !readyOnly || state === 'READY');
  }

  /** Lets a request in before its body is there. @throws EdgeError `admission.*`, `model.not-found` */
  begin(name: string, request: AdmissionRequest): TensorCall {
    return this.#ports.tensors.begin(name, request);
  }

  /**
   * Runs a request that was let in.
   * @throws EdgeError `open-inference.*`, `model.*`, `instance.*`, `admission.*`
   */
  async infer(call: TensorCall, name: string, version: string, request: InferRequest): Promise<InferAnswer> {
    const { states, buffers, aliasOf } = this.#ports;
    const { outputs, model } = await states.run(aliasOf(name), sequenceOf(request.parameters), (stateFor) => {
      const bind = (serving: ServingModel): Feeds => {
        requireVersion(serving, version);
        const image = imageOf(request, serving);
        if (image) return { image };
        const { inputs } = serving.instance.facts;
        return bindInputs(request.inputs, inputs, stateFor(serving), (bytes) => buffers.take(bytes));
      };
      return call.run(bind, predictionsTensor);
    });
    return { model: name, version: model.identity.version, id: request.id, outputs: wanted(outputs, request.outputs) };
  }

  /**
   * Activates a package under the agent's rules: signature, golden test, switch.
   * @param path of the package; may be left out for a model that is there
   * @throws EdgeError `open-inference.path-missing` and what activation refuses for
   */
  async load(name: string, path: string | undefined, signal: AbortSignal): Promise<void> {
    const { registry } = this.#ports;
    const source = path ?? registry.served(name)?.record.source;
    if (source === undefined) {
      const message = `no package is known for "${name.slice(0, 200)}": say where it is, {"parameters": {"path": "/folder/of/package"}}`;
      throw agentErrors.error('open-inference.path-missing', message);
    }
    await registry.activate({ path: source, alias: name }, () => undefined, signal);
  }

  /** Retires a model under the agent's rules. @throws EdgeError `model.not-active` */
  async unload(name: string): Promise<void> {
    await this.#ports.registry.retire(name);
  }
}

function requireVersion({ identity }: ServingModel, version: string): void {
  if (version === '' || version === identity.version) return;
  throw unknown(`"${identity.alias}" is version ${identity.version} now, and ${version.slice(0, 80)} was asked for`);
}

/** An encoded image in place of the tensor that it becomes: one element of BYTES for a model that takes one. */
function imageOf({ inputs }: InferRequest, { spec, instance }: ServingModel): Uint8Array<ArrayBuffer> | undefined {
  const [input] = inputs;
  if (inputs.length !== 1 || input?.datatype !== 'BYTES' || !spec.manifest.input) return undefined;
  if (input.name !== IMAGE_INPUT && instance.facts.inputs.some(({ name }) => name === input.name)) return undefined;
  if (elementsOf(input.shape) !== 1) return undefined;
  if (input.data.kind === 'bytes') return new Uint8Array(input.data.bytes.subarray(4));
  // JSON cannot carry bytes: base64, as everywhere in JSON.
  const [text] = input.data.elements;
  return typeof text === 'string' ? new Uint8Array(Buffer.from(text, 'base64')) : undefined;
}

/** Predictions as one element of BYTES that holds JSON. */
function predictionsTensor(predictions: readonly object[]): NamedTensors {
  return { [PREDICTIONS_OUTPUT]: { type: 'string', shape: [1], data: packStrings([JSON.stringify(predictions)]) } };
}

function wanted(outputs: NamedTensors, names: readonly string[]): NamedTensors {
  if (names.length === 0) return outputs;
  return Object.fromEntries(
    names.map((name) => {
      const tensor = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
      if (tensor) return [name, tensor];
      const known = Object.keys(outputs).map((one) => `"${one}"`);
      throw agentErrors.error(
        'open-inference.tensor-invalid',
        `the model does not have an output "${name.slice(0, 200)}"; it has ${known.join(', ')}`,
      );
    }),
  );
}

function described({ name, type, shape }: TensorInfo): DescribedTensor {
  return { name, datatype: dataTypeOf(type), shape };
}

function indexed({ alias, version, state }: ModelStatus): RepositoryModel {
  return {
    name: alias,
    version,
    state: state === 'active' ? 'READY' : 'UNAVAILABLE',
    reason: state === 'active' ? '' : state,
  };
}

function unknown(message: string) {
  return agentErrors.error('open-inference.model-unknown', message);
}
