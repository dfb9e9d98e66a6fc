/** Writes small ONNX files for tests, so that they need no data. Source of the field numbers: onnx.proto3. */
export interface GraphSpec {
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  readonly nodes: readonly NodeSpec[];
  readonly weights?: readonly WeightSpec[];
  /** Key-value pairs, as exporters write them. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Name of the program that wrote the file. */
  readonly producer?: string;
}

export interface ValueSpec {
  readonly name: string;
  readonly type?: keyof typeof TYPE_CODES;
  /** A string is a free dimension. */
  readonly shape: readonly (number | string)[];
  /** A sequence of such tensors in place of one. */
  readonly isSequence?: boolean;
}

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers, floats (`{ float }`) and lists of whole numbers. */
  readonly attributes?: Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;
}

export interface WeightSpec {
  readonly name: string;
  readonly type?: 'float32' | 'int64' | 'uint8';
  readonly shape: readonly number[];
  readonly values: readonly number[];
  /** File beside the model that holds the numbers (`externalWeights`); default: the model does. */
  readonly location?: string;
}

/** The content of the file of external weights. */
export function externalWeights(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

const TYPE_CODES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
} as const;

export function buildOnnx(spec: GraphSpec): Uint8Array {
  const graph = message(
    ...spec.nodes.map((node) => field(1, encodeNode(node))),
    field(2, text('test')),
    ...(spec.weights ?? []).map((weight) => field(5, encodeWeight(weight))),
    ...spec.inputs.map((value) => field(11, encodeValue(value))),
    ...spec.outputs.map((value) => field(12, encodeValue(value))),
  );
  const opset = message(field(1, text('')), number(2, 17));
  const metadata = Object.entries(spec.metadata ?? {}).map(([key, value]) =>
    field(14, message(field(1, text(key)), field(2, text(value)))),
  );
  return message(
    number(1, 8),
    field(2, text(spec.producer ?? 'edgeml-tests')),
    field(7, graph),
    field(8, opset),
    ...metadata,
  );
}

/** A classifier of colors: [1, 3, side, side] to the mean of each channel, as `probs` [1, 3]. */
export function meanColorModel(
  side = 8,
  options: { readonly type?: 'float32' | 'float16'; readonly scale?: number; readonly location?: string } = {},
): Uint8Array {
  const type = options.type ?? 'float32';
  return buildOnnx({
    inputs: [{ name: 'image', type, shape: [1, 3, side, side] }],
    outputs: [{ name: 'probs', type, shape: [1, 3] }],
    nodes: [
      { op: 'GlobalAveragePool', inputs: ['image'], outputs: ['pooled'] },
      {
        op: 'Flatten',
        inputs: ['pooled'],
        outputs: [options.scale === undefined ? 'probs' : 'flat'],
        attributes: { axis: 1 },
      },
      ...(options.scale === undefined ? [] : [{ op: 'Mul', inputs: ['flat', 'scale'], outputs: ['probs'] }]),
    ],
    weights:
      options.scale === undefined
        ? []
        : [
            {
              name: 'scale',
              shape: [1],
              values: [options.scale],
              ...(options.location === undefined ? {} : { location: options.location }),
            },
          ],
  });
}

/** A network with the operators that nets are made of: [1, 3, side, side] to `scores` [1, 4]. */
export function smallNetwork(side: number): Uint8Array {
  const wave = (length: number, step: number): number[] => Array.from({ length }, (_, index) => Math.sin(index * step));
  return buildOnnx({
    inputs: [{ name: 'image', shape: [1, 3, side, side] }],
    outputs: [{ name: 'scores', shape: [1, 4] }],
    nodes: [
      {
        op: 'Conv',
        inputs: ['image', 'kernel', 'bias'],
        outputs: ['conv'],
        attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
      },
      { op: 'Relu', inputs: ['conv'], outputs: ['relu'] },
      { op: 'MaxPool', inputs: ['relu'], outputs: ['pool'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
      { op: 'GlobalAveragePool', inputs: ['pool'], outputs: ['mean'] },
      { op: 'Flatten', inputs: ['mean'], outputs: ['flat'], attributes: { axis: 1 } },
      { op: 'Gemm', inputs: ['flat', 'dense', 'offset'], outputs: ['scores'] },
    ],
    weights: [
      { name: 'kernel', shape: [8, 3, 3, 3], values: wave(216, 0.7) },
      { name: 'bias', shape: [8], values: wave(8, 1.3) },
      { name: 'dense', shape: [8, 4], values: wave(32, 2.1) },
      { name: 'offset', shape: [4], values: wave(4, 0.4) },
    ],
  });
}

/** Gives constant outputs, whatever the image: what a decoder makes of them can be said beforehand. */
export function constantModel(
  input: ValueSpec,
  outputs: readonly { readonly name: string; readonly shape: readonly number[]; readonly values: readonly number[] }[],
  otherInputs: readonly ValueSpec[] = [],
): Uint8Array {
  return buildOnnx({
    inputs: [input, ...otherInputs],
    outputs: outputs.map(({ name, shape }) => ({ name, shape })),
    nodes: [
      { op: 'ReduceMin', inputs: [input.name], outputs: ['least'], attributes: { keepdims: 0 } },
      { op: 'Mul', inputs: ['least', 'zero'], outputs: ['nothing'] },
      ...outputs.map(({ name }) => ({ op: 'Add', inputs: [`${name}_values`, 'nothing'], outputs: [name] })),
    ],
    weights: [
      { name: 'zero', shape: [], values: [0] },
      ...outputs.map(({ name, shape, values }) => ({ name: `${name}_values`, shape, values })),
    ],
  });
}

function encodeNode(node: NodeSpec): Uint8Array {
  return message(
    ...node.inputs.map((name) => field(1, text(name))),
    ...node.outputs.map((name) => field(2, text(name))),
    field(4, text(node.op)),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => {
      if (typeof value === 'number') return field(5, message(field(1, text(name)), number(3, value), number(20, 2)));
      if ('float' in value) return field(5, message(field(1, text(name)), fixed32(2, value.float), number(20, 1)));
      return field(5, message(field(1, text(name)), ...value.map((one) => number(8, one)), number(20, 7)));
    }),
  );
}

function encodeValue({ name, type, shape, isSequence }: ValueSpec): Uint8Array {
  const dims = shape.map((side) => field(1, typeof side === 'number' ? number(1, side) : field(2, text(side))));
  const tensor = message(number(1, TYPE_CODES[type ?? 'float32']), field(2, message(...dims)));
  const typed = field(1, tensor);
  return message(field(1, text(name)), field(2, isSequence ? field(4, field(1, typed)) : typed));
}

function encodeWeight({ name, type = 'float32', shape, values, location }: WeightSpec): Uint8Array {
  const array =
    type === 'float32'
      ? Float32Array.from(values)
      : type === 'int64'
        ? BigInt64Array.from(values, BigInt)
        : Uint8Array.from(values);
  const raw = new Uint8Array(array.buffer);
  return message(
    ...shape.map((side) => number(1, side)),
    number(2, TYPE_CODES[type]),
    field(8, text(name)),
    ...(location === undefined
      ? [field(9, raw)]
      : [field(13, message(field(1, text('location')), field(2, text(location)))), number(14, 1)]),
  );
}

function message(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function field(id: number, bytes: Uint8Array): Uint8Array {
  return message(varint((id << 3) | 2), varint(bytes.length), bytes);
}

function number(id: number, value: number): Uint8Array {
  return message(varint(id << 3), varint(value));
}

function fixed32(id: number, value: number): Uint8Array {
  return message(varint((id << 3) | 5), new Uint8Array(Float32Array.of(value).buffer));
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
