import { visionErrors } from '#packages/vision';
import { messageOf } from '#packages/foundation';
import { ProtobufReader, asBytes, asNumber, asNumbers, asText } from './protobuf.ts';
import type { FieldValue } from './protobuf.ts';

/** What an ONNX file says of itself. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  /** Domain ('' is ONNX itself) to version. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly graph: string;
  /** Inputs that the caller gives: those without an initial value. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly weights: readonly OnnxWeight[];
  readonly metadata: Readonly<Record<string, string>>;
}

export interface OnnxValue {
  readonly name: string;
  /** e.g. `float32`; `sequence`, `map` or `optional` where it is no tensor. */
  readonly type: string;
  /** A name or `?` for a free dimension. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface OnnxWeight {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  /** File beside the model that holds the numbers; undefined where they are in the model. */
  readonly externalFile: string | undefined;
  /** The number of a scalar of type float32, uint8 or int8. */
  readonly scalar: number | undefined;
}

/**
 * Reads an ONNX file without running it. Source: onnx.proto3 of the ONNX specification (ModelProto and below).
 * @throws EdgeError `model.unreadable`
 */
export function readOnnx(bytes: Uint8Array, source: string): OnnxModel {
  try {
    const model = readModel(bytes);
    if (!model) throw new Error('it has no graph');
    return model;
  } catch (error) {
    throw visionErrors.error('model.unreadable', `"${source}" is no ONNX file: ${messageOf(error)}`, {
      cause: error,
      facts: { source },
    });
  }
}

type Fields = Readonly<Record<number, (value: FieldValue) => void>>;

function readMessage(bytes: Uint8Array, fields: Fields): void {
  new ProtobufReader(bytes).forEach((field, value) => fields[field]?.(value));
}

function readModel(bytes: Uint8Array): OnnxModel | undefined {
  let graph: Graph | undefined;
  let irVersion = 0;
  const producer: string[] = [];
  const opsets: Record<string, number> = {};
  const metadata: Record<string, string> = {};
  readMessage(bytes, {
    1: (value) => (irVersion = asNumber(value)),
    2: (value) => producer.push(asText(value)),
    3: (value) => producer.push(asText(value)),
    7: (value) => (graph = readGraph(asBytes(value))),
    8: (value) => {
      const [domain, version] = readOpset(asBytes(value));
      opsets[domain] = version;
    },
    14: (value) => {
      const [key, text] = readPair(asBytes(value));
      metadata[key] = text;
    },
  });
  if (!graph) return undefined;
  return { irVersion, producer: producer.filter(Boolean).join(' '), opsets, metadata, ...graph };
}

type Graph = Pick<OnnxModel, 'graph' | 'inputs' | 'outputs' | 'nodes' | 'weights'>;

function readGraph(bytes: Uint8Array): Graph {
  let graph = '';
  const nodes: OnnxNode[] = [];
  const weights: OnnxWeight[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  readMessage(bytes, {
    1: (value) => nodes.push(readNode(asBytes(value))),
    2: (value) => (graph = asText(value)),
    5: (value) => weights.push(readWeight(asBytes(value))),
    11: (value) => inputs.push(readValue(asBytes(value))),
    12: (value) => outputs.push(readValue(asBytes(value))),
  });
  const given = new Set(weights.map((weight) => weight.name));
  return { graph, nodes, weights, inputs: inputs.filter((input) => !given.has(input.name)), outputs };
}

function readNode(bytes: Uint8Array): OnnxNode {
  const node = { op: '', domain: '', inputs: [] as string[], outputs: [] as string[] };
  readMessage(bytes, {
    1: (value) => node.inputs.push(asText(value)),
    2: (value) => node.outputs.push(asText(value)),
    4: (value) => (node.op = asText(value)),
    7: (value) => (node.domain = asText(value)),
  });
  return node;
}

function readValue(bytes: Uint8Array): OnnxValue {
  let name = '';
  let type = 'unknown';
  let shape: readonly (number | string)[] = [];
  readMessage(bytes, {
    1: (value) => (name = asText(value)),
    2: (value) =>
      readMessage(asBytes(value), {
        1: (tensor) => ({ type, shape } = readTensorType(asBytes(tensor))),
        4: () => (type = 'sequence'),
        5: () => (type = 'map'),
        9: () => (type = 'optional'),
      }),
  });
  return { name, type, shape };
}

function readTensorType(bytes: Uint8Array): { type: string; shape: readonly (number | string)[] } {
  let type = 'unknown';
  const shape: (number | string)[] = [];
  readMessage(bytes, {
    1: (value) => (type = typeName(asNumber(value))),
    2: (value) => readMessage(asBytes(value), { 1: (dim) => shape.push(readDimension(asBytes(dim))) }),
  });
  return { type, shape };
}

function readDimension(bytes: Uint8Array): number | string {
  let side: number | string = '?';
  readMessage(bytes, {
    1: (value) => (side = asNumber(value)),
    2: (value) => (side = asText(value) || '?'),
  });
  return side;
}

function readWeight(bytes: Uint8Array): OnnxWeight {
  let name = '';
  let type = 'unknown';
  let externalFile: string | undefined;
  let raw: Uint8Array | undefined;
  const shape: number[] = [];
  const numbers: number[] = [];
  readMessage(bytes, {
    1: (value) => shape.push(...asNumbers(value)),
    2: (value) => (type = typeName(asNumber(value))),
    4: (value) => numbers.push(...floatsOf(value)),
    5: (value) => (shape.length === 0 ? numbers.push(...asNumbers(value)) : undefined),
    8: (value) => (name = asText(value)),
    9: (value) => (raw = asBytes(value)),
    13: (value) => {
      const [key, text] = readPair(asBytes(value));
      if (key === 'location') externalFile = text;
    },
  });
  const isScalar = shape.reduce((product, side) => product * side, 1) === 1;
  return { name, type, shape, externalFile, scalar: isScalar ? (scalarOf(raw, type) ?? numbers[0]) : undefined };
}

function floatsOf(value: FieldValue): readonly number[] {
  if (value.kind !== 'bytes') return [asNumber(value)];
  if (value.value.length !== 4) return [];
  return [new DataView(value.value.buffer, value.value.byteOffset).getFloat32(0, true)];
}

function scalarOf(raw: Uint8Array | undefined, type: string): number | undefined {
  if (!raw || raw.length === 0) return undefined;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (type === 'float32' && raw.length === 4) return view.getFloat32(0, true);
  if (type === 'uint8' && raw.length === 1) return view.getUint8(0);
  if (type === 'int8' && raw.length === 1) return view.getInt8(0);
  return undefined;
}

function readOpset(bytes: Uint8Array): [string, number] {
  let domain = '';
  let version = 0;
  readMessage(bytes, { 1: (value) => (domain = asText(value)), 2: (value) => (version = asNumber(value)) });
  return [domain, version];
}

function readPair(bytes: Uint8Array): [string, string] {
  let key = '';
  let text = '';
  readMessage(bytes, { 1: (value) => (key = asText(value)), 2: (value) => (text = asText(value)) });
  return [key, text];
}

/** TensorProto.DataType. */
const TYPE_NAMES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
] as const;

function typeName(code: number): string {
  return TYPE_NAMES[code] ?? `type ${code}`;
}
