import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { smallNetwork } from '../../testing/vision/onnx-builder.ts';
import { readOnnx } from './read-onnx.ts';

/** The yardstick: protobufjs with the part of onnx.proto3 that is read here. */
const { root } = protobuf.parse(`syntax = "proto3";
  message Model {
    int64 ir_version = 1; string producer_name = 2; string producer_version = 3; Graph graph = 7;
    repeated Opset opset_import = 8; repeated Pair metadata_props = 14;
  }
  message Opset { string domain = 1; int64 version = 2; }
  message Pair { string key = 1; string value = 2; }
  message Graph {
    repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated Value input = 11;
    repeated Value output = 12;
  }
  message Node { repeated string input = 1; repeated string output = 2; string op_type = 4; repeated Attribute attribute = 5; string domain = 7; }
  message Attribute { string name = 1; int64 i = 3; Graph g = 6; }
  message Tensor {
    repeated int64 dims = 1; int32 data_type = 2; repeated float float_data = 4; repeated int32 int32_data = 5;
    string name = 8; bytes raw_data = 9; repeated Pair external_data = 13;
  }
  message Value { string name = 1; Type type = 2; }
  message Type { oneof value { TensorType tensor_type = 1; Sequence sequence_type = 4; Sequence optional_type = 9; } }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message Sequence { Type elem_type = 1; }
  message Shape { repeated Dimension dim = 1; }
  message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }`);

type Plain = Readonly<Record<string, unknown>>;

function encode(model: Plain): Uint8Array {
  const type = root.lookupType('Model');
  return type.encode(type.fromObject(model)).finish();
}

const withGraph = (graph: Plain): Uint8Array => encode({ irVersion: 8, graph });
const weightOf = (initializer: Plain) => readOnnx(withGraph({ initializer: [initializer] }), 'x').weights[0];

/** A field of bytes, as protobuf writes it. */
function field(id: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return protobuf.Writer.create()
    .uint32((id << 3) | 2)
    .bytes(content)
    .finish();
}

const name = fc.string({ unit: 'grapheme', maxLength: 12 });
const side = fc.integer({ min: -(2 ** 31), max: 2 ** 40 });
const dimension = fc.oneof(
  side.map((dimValue) => ({ dimValue })),
  name.map((dimParam) => ({ dimParam })),
  fc.constant({}),
);
const value = fc.record({
  name,
  type: fc.record({
    tensorType: fc.record({
      elemType: fc.constant(1),
      shape: fc.record({ dim: fc.array(dimension, { maxLength: 5 }) }),
    }),
  }),
});
const node = fc.record({
  input: fc.array(name, { maxLength: 3 }),
  output: fc.array(name, { maxLength: 3 }),
  opType: name,
  domain: name,
  attribute: fc.array(fc.record({ name, i: side }), { maxLength: 2 }),
});
const weight = fc.record({
  name: name.map((text) => `w${text}`),
  dims: fc.array(side, { maxLength: 5 }),
  dataType: fc.integer({ min: 0, max: 22 }),
  floatData: fc.array(fc.float({ noNaN: true }), { maxLength: 5 }),
  rawData: fc.uint8Array({ maxLength: 20 }),
});
const model = fc.record({
  irVersion: fc.nat(),
  producerName: name,
  opsetImport: fc.array(fc.record({ domain: fc.constantFrom('', 'ai.onnx.ml'), version: fc.nat() }), { maxLength: 2 }),
  graph: fc.record({
    name,
    node: fc.array(node, { maxLength: 4 }),
    initializer: fc.array(weight, { maxLength: 4 }),
    input: fc.array(value, { maxLength: 3 }),
    output: fc.array(value, { maxLength: 3 }),
  }),
});

describe('readOnnx', () => {
  it('reads what protobufjs writes', () => {
    fc.assert(
      fc.property(model, (written) => {
        const { graph } = written;
        const weights = new Set(graph.initializer.map((one) => one.name));
        const shown = (one: { name: string; type: { tensorType: { shape: { dim: readonly object[] } } } }) => ({
          name: one.name,
          type: 'float32',
          shape: one.type.tensorType.shape.dim.map((dim) =>
            'dimValue' in dim ? dim.dimValue : 'dimParam' in dim && dim.dimParam !== '' ? dim.dimParam : '?',
          ),
        });
        expect(readOnnx(encode(written), 'x')).toMatchObject({
          irVersion: written.irVersion,
          producer: written.producerName,
          opsets: Object.fromEntries(written.opsetImport.map(({ domain, version }) => [domain, version])),
          graph: graph.name,
          inputs: graph.input.filter((one) => !weights.has(one.name)).map(shown),
          outputs: graph.output.map(shown),
          nodes: graph.node.map(({ opType, domain, input, output }) => ({
            op: opType,
            domain,
            inputs: input,
            outputs: output,
          })),
          weights: graph.initializer.map((one) => ({ name: one.name, shape: one.dims })),
        });
      }),
    );
  });

  it.each([
    [{ dims: [], dataType: 1, floatData: [0.5] }, 0.5],
    [{ dims: [1], dataType: 1, rawData: Buffer.from([0, 0, 0, 63]) }, 0.5],
    [{ dims: [], dataType: 3, int32Data: [-7] }, -7],
    [{ dims: [1], dataType: 2, rawData: Buffer.from([200]) }, 200],
    [{ dims: [], dataType: 3, rawData: Buffer.from([200]) }, -56],
    [{ dims: [2], dataType: 1, floatData: [0.5, 1] }, undefined],
  ])('knows the number of the scalar %j: %s', (initializer, scalar) => {
    expect(weightOf(initializer)?.scalar).toBe(scalar);
  });

  it('takes lists of numbers that are not packed', () => {
    const tensor = Uint8Array.of(0x08, 1, 0x08, 1, 0x10, 1, 0x25, 0, 0, 0, 63);
    const [found] = readOnnx(field(7, field(5, tensor)), 'x').weights;
    expect(found).toMatchObject({ shape: [1, 1], type: 'float32', scalar: 0.5 });
  });

  it('does not touch the numbers of large tensors, whichever field they are in', () => {
    const bytes = 32 * 1024 * 1024;
    const files = [4, 5, 9].map((id) => field(7, field(5, field(id, Buffer.alloc(bytes)))));
    const peakBefore = process.resourceUsage().maxRSS;
    for (const file of files) readOnnx(file, 'x');
    // As an array of numbers one of them takes a quarter of a GB.
    expect((process.resourceUsage().maxRSS - peakBefore) * 1024).toBeLessThan(bytes / 2);
  });

  it('names the file that holds the numbers of a tensor', () => {
    const externalData = [
      { key: 'location', value: 'weights.bin' },
      { key: 'offset', value: '0' },
    ];
    expect(weightOf({ name: 'w', dims: [1000], dataType: 1, externalData })).toMatchObject({
      externalFile: 'weights.bin',
    });
  });

  it('says that an input is a sequence or optional, however deep its type nests', () => {
    let type: Plain = { tensorType: { elemType: 1 } };
    for (let depth = 0; depth < 20; depth++) type = { sequenceType: { elemType: type } };
    const bytes = withGraph({
      input: [
        { name: 'list', type },
        { name: 'maybe', type: { optionalType: {} } },
      ],
    });
    expect(readOnnx(bytes, 'x').inputs).toEqual([
      { name: 'list', type: 'sequence', shape: [] },
      { name: 'maybe', type: 'optional', shape: [] },
    ]);
  });
});

describe('a file that is hostile or broken', () => {
  const unreadable = (bytes: Uint8Array, why?: string): void => {
    const expected = { code: 'model.unreadable', ...(why ? { message: expect.stringContaining(why) as unknown } : {}) };
    expect(() => readOnnx(bytes, 'x')).toThrowError(expect.objectContaining(expected));
  };

  it('is refused wherever it is cut, but between its last fields', () => {
    const graph = withGraph({ name: 'whole', node: [{ opType: 'Relu' }] });
    const whole = Buffer.concat([graph, encode({ metadataProps: [{ key: 'names', value: 'bolt, nut' }] })]);
    for (let cut = 0; cut < whole.length; cut++) {
      if (cut !== graph.length) unreadable(whole.subarray(0, cut));
    }
    const network = smallNetwork(8);
    for (let cut = 0; cut < network.length - 10; cut += 7) unreadable(network.subarray(0, cut));
  });

  it('never makes anything but the one error', () => {
    const bytes = smallNetwork(8);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.uint8Array({ maxLength: 20 }), (at, byte, more) => {
        const damaged = Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at + 1), more]);
        try {
          readOnnx(damaged, 'x');
        } catch (error) {
          expect(error).toMatchObject({ code: 'model.unreadable' });
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['claims a length beyond its end', Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f), 'it ends within a field'],
    ['claims a length of 64 bits', Uint8Array.of(0x3a, ...Buffer.alloc(9, 0xff), 1), 'it ends within a field'],
    ['has a number without an end', Uint8Array.of(0x08, ...Buffer.alloc(10, 0xff)), 'more than ten bytes'],
    ['has a number where its graph belongs', Uint8Array.of(0x38, 1), 'a number where bytes belong'],
    ['has a text where its version belongs', field(1, Buffer.from('8')), 'bytes where a number belongs'],
    ['begins a group', Uint8Array.of(0x3b), 'wire type 3'],
    ['has a field 0', Uint8Array.of(0x00, 0), 'number 0'],
    ['has no graph', encode({ irVersion: 8 }), 'it has no graph'],
    ['is empty', new Uint8Array(), 'it has no graph'],
  ])('is refused if it %s', (_what, bytes, why) => {
    unreadable(bytes, why);
  });

  it('costs no time by a list of numbers that never ends', () => {
    const started = performance.now();
    unreadable(field(7, field(5, field(1, Buffer.alloc(2_000_000, 0xff)))), 'more than ten bytes');
    unreadable(field(7, field(5, field(1, Buffer.alloc(2_000_000, 1)))), 'more than 64 dimensions');
    // It was minutes for a tenth of that.
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('costs no memory by nodes without content', () => {
    unreadable(field(7, Buffer.alloc(2_000_004, Buffer.of(0x0a, 0))), 'more than 1000000 nodes');
  });

  it('does not nest: graphs inside of nodes are passed over', () => {
    let graph: Uint8Array = field(1, field(4, Buffer.from('Relu')));
    for (let depth = 0; depth < 2_000; depth++)
      graph = field(1, field(4, Buffer.from('If')), field(5, field(6, graph)));
    expect(readOnnx(field(7, graph), 'x').nodes).toEqual([{ op: 'If', domain: '', inputs: [], outputs: [] }]);
  });
});
