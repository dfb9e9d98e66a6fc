import type { InvokeResult } from '#packages/http';
import { openInputs, readTensorFile } from '#packages/vision';
import type { NamedTensors } from '#packages/vision';
import type { AdmissionRequest } from '../admission/admission.ts';
import type { BufferPool } from '../buffers/buffer-pool.ts';
import { agentErrors } from '../errors.ts';
import { bindInputs } from '../open-inference/bind-inputs.ts';
import { dataTypeOf } from '../open-inference/data-types.ts';
import type { GivenTensor } from '../open-inference/infer-request.ts';
import type { ImageFile } from '../picture/image-file.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { outputsForJson } from './json-outputs.ts';
import type { SequenceStates, SequenceStep } from './sequence-states.ts';
import type { TensorCall, TensorService } from './tensor-service.ts';

export interface ArrayPorts {
  readonly tensors: TensorService;
  readonly states: SequenceStates;
  readonly registry: Pick<ModelRegistry, 'served'>;
  readonly buffers: BufferPool;
  /** Alias of the model that answers a service. */
  readonly aliasOf: (service: string) => string;
  /** Most bytes of arrays, unpacked. */
  readonly maxBytes: () => number;
}

/** The elements of one input as they lie in memory: little-endian, row-major. */
export interface RawArray extends Omit<GivenTensor, 'name' | 'data'> {
  /** Undefined for the only input that model.json gives neither a value nor a state. */
  readonly name: string | undefined;
}

/** Answers arrays in place of an image that bring a state, or come without a file around them. Other arrays are the model's process' to read. */
export class ArrayService {
  readonly #ports: ArrayPorts;

  constructor(ports: ArrayPorts) {
    this.#ports = ports;
  }

  /** Whether model.json of the model that serves hands an output on to the next call. */
  hasState(service: string): boolean {
    const tensors = this.#serving(service)?.spec.manifest.tensors ?? {};
    return Object.values(tensors).some(({ from }) => from !== undefined);
  }

  /** Lets a request in before its arrays are there. @throws EdgeError `admission.*`, `model.not-found` */
  begin(service: string, request: AdmissionRequest): TensorCall {
    return this.#ports.tensors.begin(service, request);
  }

  /**
   * Runs a request that was let in.
   * @param read gives an .npz or .npy, or with `raw` the elements; a file is closed here
   * @throws EdgeError `tensor.file-invalid`, `open-inference.tensor-invalid`, `model.*`, `instance.*`, `admission.*`
   */
  async run(
    call: TensorCall,
    service: string,
    id: string,
    read: () => Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> | ImageFile,
    { raw, step }: { readonly raw?: RawArray | undefined; readonly step?: SequenceStep | undefined },
  ): Promise<InvokeResult> {
    const { states, buffers, aliasOf } = this.#ports;
    const given = await call.reading(async () => {
      const bytes = await bytesOf(await read());
      return raw ? [this.#named(service, raw, bytes)] : this.#read(service, bytes);
    });
    const { outputs, model, timings, began } = await states.run(aliasOf(service), step, (stateFor) =>
      call.run((serving) => {
        const { inputs } = serving.instance.facts;
        return bindInputs(given, inputs, stateFor(serving), (size) => buffers.take(size));
      }),
    );
    return {
      id,
      service,
      ...model.answeredBy,
      image: { width: 0, height: 0 },
      predictions: [],
      outputs: outputsForJson(outputs),
      ...(step ? { sequence: { id: step.id, began } } : {}),
      timings,
    };
  }

  #named(service: string, { name, datatype, shape }: RawArray, bytes: Uint8Array): GivenTensor {
    const open = this.#open(service);
    const [only] = open;
    const input = name ?? (open.length === 1 ? only?.name : undefined);
    if (input !== undefined) return { name: input, datatype, shape, data: { kind: 'bytes', bytes } };
    const message = `the model takes ${open.map((one) => `"${one.name}"`).join(', ') || 'no arrays'}: say which one comes, ?input=NAME`;
    throw agentErrors.error('http.bad-request', message);
  }

  async #read(service: string, bytes: Uint8Array): Promise<readonly GivenTensor[]> {
    const tensors: NamedTensors = await readTensorFile(bytes, 'the input', this.#open(service), this.#ports.maxBytes());
    return Object.entries(tensors).map(([name, { type, shape, data }]) => ({
      name,
      datatype: dataTypeOf(type),
      shape,
      data: { kind: 'bytes', bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) },
    }));
  }

  #open(service: string) {
    const serving = this.#serving(service);
    return serving ? openInputs(serving.instance.facts.inputs, serving.spec.manifest.tensors) : [];
  }

  #serving(service: string) {
    const { registry, aliasOf } = this.#ports;
    return registry.served(aliasOf(service))?.serving;
  }
}

async function bytesOf(read: Uint8Array<ArrayBuffer> | ImageFile): Promise<Uint8Array> {
  if (read instanceof Uint8Array) return read;
  try {
    return await read.read();
  } finally {
    read.close();
  }
}
