import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { vi } from 'vitest';
import { plainElements, tensorOfBase64 } from '#packages/vision';
import type { NamedTensors } from '#packages/vision';
import { createHttpClient } from '#packages/http';
import type { InferenceResponse, IpcInvokeReply, ResultMessage, TensorMessage } from '#packages/http';
import { DATA_TYPE_OF } from '../../components/inference-agent/edge-manager/tensors/data-types.ts';
import { dataTypeOf, tensorTypeOf } from '../../components/inference-agent/open-inference/data-types.ts';
import { MemoryIo } from '../../tools/cli/frame/io.ts';
import { runProgram } from '../../tools/cli/program.ts';
import { EdgeClient, rawBytes, tensorOf } from '../edge-manager/client.ts';
import type { MemoryNucleus } from '../ipc/memory-nucleus.ts';
import { PATIENCE_MS } from '../patience.ts';
import { npzOf } from '../vision/tensor-cases.ts';
import type { InProcessAgent } from './in-process-agent.ts';
import { OpenInferenceClient } from './open-inference-client.ts';

/** Outputs as JSON has their elements. */
type PlainOutputs = Readonly<Record<string, readonly unknown[] | undefined>>;

/** Asks a model for its outputs in one of the ways that there are. */
export type TensorDoor = (model: string, inputs: NamedTensors, step?: Step) => Promise<PlainOutputs>;

/** Whose call it is, and whether it is the first. */
interface Step {
  readonly sequence: string;
  readonly isFirst: boolean;
}

export interface DoorsOf {
  readonly started: InProcessAgent;
  readonly nucleus: MemoryNucleus;
  /** Root of a core whose agent it is. */
  readonly root: string;
  readonly edgeManagerSocket: string;
  readonly packageOf: (model: string) => string;
  /** Folder that the application watches, with one below it for each service, and one for each sequence. */
  readonly watched: string;
}

const plainOf = (outputs: NamedTensors): PlainOutputs =>
  Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, plainElements(tensor)]));
const plainOfBytes = (type: string, shape: readonly number[], bytes: Uint8Array): readonly unknown[] =>
  plainElements(tensorOfBase64({ type, shape, data: Buffer.from(bytes).toString('base64') }));
const valuesOf = (outputs: Readonly<Record<string, TensorMessage>> = {}): PlainOutputs =>
  Object.fromEntries(Object.entries(outputs).map(([name, { values }]) => [name, values]));

/** Every way that there is to ask a model for tensors, by name. */
export function tensorDoors(of: DoorsOf): Readonly<Record<string, TensorDoor>> {
  const { started, nucleus, edgeManagerSocket, packageOf, root, watched } = of;
  const { socketPath } = started.agent;
  let count = 0;
  const fileOf = async (folder: string, inputs: NamedTensors): Promise<string> => {
    const [file, written] = [path.join(folder, `${++count}.npz`), path.join(root, `${count}.writing`)];
    await writeFile(written, await npzOf(inputs));
    await rename(written, file);
    return file;
  };
  return {
    'HTTP, arrays as the body': async (model, inputs, step) => {
      const npz = await npzOf(inputs);
      const options = { contentType: 'application/x-npz', sequence: step?.sequence };
      const { outputs = {}, image, sequence } = await started.client.invoke(model, npz, options);
      if (image.width !== 0) throw new Error('arrays have no width');
      if (sequence?.began !== step?.isFirst) throw new Error('the answer says otherwise of its sequence');
      return plainOf(Object.fromEntries(Object.entries(outputs).map(([name, one]) => [name, tensorOfBase64(one)])));
    },
    'Open Inference Protocol, JSON': (model, inputs, step) => inferOverHttp(socketPath, model, inputs, false, step),
    'Open Inference Protocol, binary data': (model, inputs, step) =>
      inferOverHttp(socketPath, model, inputs, true, step),
    'Open Inference Protocol, gRPC': (model, inputs, step) => inferOverGrpc(socketPath, model, inputs, step),
    'gRPC of Edge Manager': (model, inputs, step) =>
      predictOverEdgeManager(started, edgeManagerSocket, model, inputs, step),
    'Greengrass IPC': async (model, inputs, step) => {
      const replyTo = `edgeml/reply/${++count}`;
      const body = Buffer.from(await npzOf(inputs)).toString('base64');
      nucleus.publish(`edgeml/invoke/${model}`, {
        id: '1',
        replyTo,
        body,
        ...(step ? { sequence: { id: step.sequence } } : {}),
      });
      const { message } = await waitFor(() => nucleus.localMessages.find(({ topic }) => topic === replyTo));
      const reply = message as IpcInvokeReply;
      if ('error' in reply) throw new Error(reply.error.message);
      return valuesOf(reply.result.outputs);
    },
    'edgeml predict --package': async (model, inputs) =>
      predict(['--package', packageOf(model)], await fileOf(root, inputs)),
    'edgeml predict --service': async (model, inputs) =>
      predict(['--service', model, '--root', root], await fileOf(root, inputs)),
    'the application, from a folder to a topic': async (model, inputs, step) => {
      // Each of its sources is a sequence.
      const image = path.basename(await fileOf(path.join(watched, step?.sequence ?? model), inputs));
      const isResult = ({ topic, message }: MemoryNucleus['localMessages'][number]): boolean =>
        topic === `edgeml/results/${model}` && (message as ResultMessage).image === image;
      const { message } = await waitFor(() => nucleus.localMessages.find(isResult));
      const { outputs, error } = message as ResultMessage;
      if (error) throw new Error(error.message);
      return valuesOf(outputs);
    },
  };
}

async function inferOverHttp(
  socketPath: string,
  model: string,
  inputs: NamedTensors,
  isBinary: boolean,
  step?: Step,
): Promise<PlainOutputs> {
  const blobs: Uint8Array[] = [];
  const described = Object.entries(inputs).map(([name, tensor]) => {
    const { type, shape, data } = tensor;
    const base = { name, datatype: dataTypeOf(type), shape };
    // Numbers of JSON do not hold every 64-bit integer.
    if (!isBinary && type !== 'int64') return { ...base, data: plainElements(tensor) };
    blobs.push(rawBytes(data));
    return { ...base, parameters: { binary_data_size: data.byteLength } };
  });
  const head = JSON.stringify({ inputs: described, parameters: { binary_data_output: isBinary, ...sequenceOf(step) } });
  const http = createHttpClient({ socketPath });
  const path = `/v2/models/${model}/infer`;
  const {
    status,
    body: bytes,
    headers,
  } = await http
    .request({
      method: 'POST',
      path,
      body: Buffer.concat([Buffer.from(head), ...blobs]),
      headers: { 'inference-header-content-length': String(Buffer.byteLength(head)) },
    })
    .finally(() => http.close());
  if (status !== 200) throw new Error(bytes.toString());
  const length = Number(headers['inference-header-content-length'] ?? bytes.length);
  let at = length;
  const { outputs } = JSON.parse(bytes.subarray(0, length).toString()) as InferenceResponse;
  return Object.fromEntries(
    outputs.map(({ name, datatype, shape, data, parameters }) => {
      if (!parameters) return [name, data];
      const raw = bytes.subarray(at, (at += parameters.binary_data_size));
      return [name, plainOfBytes(tensorTypeOf(datatype) ?? '', shape, raw)];
    }),
  );
}

interface GrpcAnswer {
  readonly outputs: readonly { readonly name: string; readonly datatype: string; readonly shape: readonly number[] }[];
  readonly raw_output_contents: readonly Uint8Array[];
}

/** As the protocol has it. */
function sequenceOf(step: Step | undefined): object {
  return step ? { sequence_id: step.sequence, sequence_start: step.isFirst } : {};
}

async function inferOverGrpc(
  socketPath: string,
  model: string,
  inputs: NamedTensors,
  step?: Step,
): Promise<PlainOutputs> {
  const client = new OpenInferenceClient(`unix:${socketPath}`);
  try {
    const answer = await client.call('ModelInfer', {
      model_name: model,
      ...(step
        ? {
            parameters: {
              sequence_id: { string_param: step.sequence },
              sequence_start: { bool_param: step.isFirst },
            },
          }
        : {}),
      inputs: Object.entries(inputs).map(([name, { type, shape }]) => ({ name, datatype: dataTypeOf(type), shape })),
      raw_input_contents: Object.values(inputs).map(({ data }) => rawBytes(data)),
    });
    const { outputs, raw_output_contents: contents } = answer as unknown as GrpcAnswer;
    return Object.fromEntries(
      outputs.map(({ name, datatype, shape }, index) => [
        name,
        plainOfBytes(tensorTypeOf(datatype) ?? '', shape, contents[index] ?? new Uint8Array()),
      ]),
    );
  } finally {
    client.close();
  }
}

/** The protocol does not have every type: what an output really is, the model says. */
async function predictOverEdgeManager(
  { client: agent }: InProcessAgent,
  socket: string,
  model: string,
  inputs: NamedTensors,
  step?: Step,
): Promise<PlainOutputs> {
  const client = new EdgeClient(`unix://${socket}`);
  try {
    const given = Object.entries(inputs).map(([name, { type, shape, data }]) =>
      tensorOf(name, DATA_TYPE_OF[type], shape, data),
    );
    const { tensors } = await client.call('Predict', { name: model, tensors: given }, {}, metadataOf(step));
    const { outputs = {} } = await agent.invoke(model, await npzOf(inputs), { contentType: 'application/x-npz' });
    return Object.fromEntries(
      tensors.map(({ tensor_metadata: { name, shape }, byte_data: bytes }) => {
        const { type = '' } = outputs[String(name)] ?? {};
        return [String(name), plainOfBytes(type, shape, bytes)];
      }),
    );
  } finally {
    client.close();
  }
}

function metadataOf(step: Step | undefined): Metadata {
  const metadata = new Metadata();
  if (step) metadata.set('edgeml-sequence', step.sequence);
  return metadata;
}

async function predict(of: readonly string[], file: string): Promise<PlainOutputs> {
  const io = new MemoryIo();
  const code = await runProgram(['predict', ...of, '--json', '--image', file], io, new AbortController().signal);
  if (code !== 0) throw new Error(io.err + io.out);
  const { outputs } = JSON.parse(io.out) as {
    readonly outputs: Readonly<Record<string, { data: readonly unknown[] }>>;
  };
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
}

/** Waits for what must come. */
async function waitFor<Found>(find: () => Found | undefined): Promise<Found> {
  return vi.waitFor(
    () => {
      const found = find();
      if (found === undefined) throw new Error('it has not come');
      return found;
    },
    { timeout: PATIENCE_MS, interval: 5 },
  );
}
