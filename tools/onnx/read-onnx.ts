import { ELEMENT_TYPES, visionErrors } from '#packages/vision';
import { messageOf } from '#packages/foundation';
import { asBytes, asFloat, asNumber, asNumbers, asText, readMessage, viewOf } from '#packages/onnx';
import type { FieldValue } from '#packages/onnx';

/** The description that an ONNX file carries. */
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
  /** e.g. `float32`; `sequence`, `map` or `optional` if it is not a tensor. */
  readonly type: string;
  /** A name or `?` for a free dimension. */
  readonly shape: readonly (number | string)[];
}

interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

interface OnnxWeight {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  /** File beside the model that holds the numbers; undefined if they are in the model. */
  readonly externalFile: string | undefined;
  /** The number of a scalar of type float32, uint8 or int8. */
  readonly scalar: number | undefined;
}

/**
 * Reads an ONNX file without running it; the numbers of its tensors are not touched. Source of the field numbers:
 * onnx.proto3 of the ONNX specification (ModelProto and below).
 *
 * @throws EdgeError `model.unreadable`
 */
export function readOnnx(bytes: Uint8Array, source: string): OnnxModel {
  try {
    const model = readModel(bytes);
    if (!model) throw new Error('it has no graph');
    return model;
  } catch (error) {
    throw visionErrors.error('model.unreadable', `"${source}" is not an ONNX file: ${messageOf(error)}`, {
      cause: error,
      facts: { file: source, reason: messageOf(error) },
    });
  }
}

/** More dimensions than any operator takes. */
const MAX_RANK = 64;
/** An empty node takes two bytes in the file and a hundred times that in memory. */
const MAX_PARTS = 1_000_000;

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
    7: (value) => (graph = readGraph(value)),
    8: (value) => {
      const [domain, version] = readOpset(value);
      opsets[domain] = version;
    },
    14: (value) => {
      const [key, text] = readPair(value);
      metadata[key] = text;
    },
  });
  if (!graph) return undefined;
  return { irVersion, producer: producer.filter(Boolean).join(' '), opsets, metadata, ...graph };
}

type Graph = Pick<OnnxModel, 'graph' | 'inputs' | 'outputs' | 'nodes' | 'weights'>;

function readGraph(message: FieldValue): Graph {
  let graph = '';
  const nodes: OnnxNode[] = [];
  const weights: OnnxWeight[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const add = <Part>(parts: Part[], part: Part): void => {
    if (parts.push(part) > MAX_PARTS) throw new Error(`it has more than ${MAX_PARTS} nodes, weights or values`);
  };
  readMessage(message, {
    1: (value) => add(nodes, readNode(value)),
    2: (value) => (graph = asText(value)),
    5: (value) => add(weights, readWeight(value)),
    11: (value) => add(inputs, readValue(value)),
    12: (value) => add(outputs, readValue(value)),
  });
  const given = new Set(weights.map((weight) => weight.name));
  return { graph, nodes, weights, inputs: inputs.filter((input) => !given.has(input.name)), outputs };
}

/** Attributes are passed over, and with them the graphs inside: no file can nest deeper than these functions do. */
function readNode(message: FieldValue): OnnxNode {
  const node = { op: '', domain: '', inputs: [] as string[], outputs: [] as string[] };
  readMessage(message, {
    1: (value) => node.inputs.push(asText(value)),
    2: (value) => node.outputs.push(asText(value)),
    4: (value) => (node.op = asText(value)),
    7: (value) => (node.domain = asText(value)),
  });
  return node;
}

function readValue(message: FieldValue): OnnxValue {
  let name = '';
  let type = 'unknown';
  let shape: readonly (number | string)[] = [];
  readMessage(message, {
    1: (value) => (name = asText(value)),
    2: (value) =>
      readMessage(value, {
        1: (tensor) => ({ type, shape } = readTensorType(tensor)),
        4: () => (type = 'sequence'),
        5: () => (type = 'map'),
        9: () => (type = 'optional'),
      }),
  });
  return { name, type, shape };
}

function readTensorType(message: FieldValue): { type: string; shape: readonly (number | string)[] } {
  let type = 'unknown';
  const shape: (number | string)[] = [];
  readMessage(message, {
    1: (value) => (type = typeName(asNumber(value))),
    2: (value) => readMessage(value, { 1: (dimension) => shape.push(readDimension(dimension)) }),
  });
  return { type, shape };
}

function readDimension(message: FieldValue): number | string {
  let side: number | string = '?';
  readMessage(message, {
    1: (value) => (side = asNumber(value)),
    2: (value) => (side = asText(value) || '?'),
  });
  return side;
}

function readWeight(message: FieldValue): OnnxWeight {
  let name = '';
  let type = 'unknown';
  let externalFile: string | undefined;
  let raw: Uint8Array | undefined;
  let float: number | undefined;
  let integer: number | undefined;
  const shape: number[] = [];
  readMessage(message, {
    1: (value) => {
      shape.push(...asNumbers(value, MAX_RANK + 1));
      if (shape.length > MAX_RANK) throw new Error(`it has a tensor of more than ${MAX_RANK} dimensions`);
    },
    2: (value) => (type = typeName(asNumber(value))),
    4: (value) => (float ??= asFloat(value)),
    5: (value) => (integer ??= asNumbers(value, 1)[0]),
    8: (value) => (name = asText(value)),
    9: (value) => (raw = asBytes(value)),
    13: (value) => {
      const [key, text] = readPair(value);
      if (key === 'location') externalFile = text;
    },
  });
  const isScalar = shape.every((side) => side === 1);
  const scalar = isScalar ? (scalarOf(raw, type) ?? float ?? integer) : undefined;
  return { name, type, shape, externalFile, scalar };
}

function scalarOf(raw: Uint8Array | undefined, type: string): number | undefined {
  if (!raw || raw.length === 0) return undefined;
  const view = viewOf(raw);
  if (type === 'float32' && raw.length === 4) return view.getFloat32(0, true);
  if (type === 'uint8' && raw.length === 1) return view.getUint8(0);
  if (type === 'int8' && raw.length === 1) return view.getInt8(0);
  return undefined;
}

function readOpset(message: FieldValue): [string, number] {
  let domain = '';
  let version = 0;
  readMessage(message, { 1: (value) => (domain = asText(value)), 2: (value) => (version = asNumber(value)) });
  return [domain, version];
}

function readPair(message: FieldValue): [string, string] {
  let key = '';
  let text = '';
  readMessage(message, { 1: (value) => (key = asText(value)), 2: (value) => (text = asText(value)) });
  return [key, text];
}

function typeName(code: number): string {
  return ELEMENT_TYPES[code] ?? `type ${code}`;
}
