import { buildOnnx } from './onnx-builder.ts';
import type { NodeSpec, WeightSpec } from './onnx-builder.ts';
import { classifier, dividesBrightPictures, fillsMemory, neverEnds } from './hostile-models.ts';

const MAX_INT64 = 2 ** 63 - 1024;
const GIANT = 1_000_000;

/** A whole number, or several. */
function numbers(name: string, ...values: number[]): WeightSpec {
  return { name, type: 'int64', shape: [values.length], values };
}

const one: WeightSpec = { name: 'one', shape: [1], values: [1] };

/** Makes `harm` of constants alone, which ONNX Runtime computes when it loads the model, and reduces it to one number. */
function folded(nodes: readonly NodeSpec[], weights: readonly WeightSpec[]): Uint8Array {
  const reduce = { op: 'ReduceMax', inputs: ['large'], outputs: ['harm'], attributes: { keepdims: 0 } };
  return classifier([...nodes, reduce], weights);
}

/** The picture goes through one node on its way to the scores. */
function through(node: Omit<NodeSpec, 'outputs'>, weights: readonly WeightSpec[] = []): Uint8Array {
  const reduce = { op: 'ReduceMax', inputs: ['after'], outputs: ['harm'], attributes: { keepdims: 0 } };
  return classifier([{ ...node, outputs: ['after'] }, reduce], weights);
}

function expanded(...shape: number[]): Uint8Array {
  return folded([{ op: 'Expand', inputs: ['one', 'shape'], outputs: ['large'] }], [one, numbers('shape', ...shape)]);
}

function wholeNumbers(op: string, a: number, b: number): Uint8Array {
  const nodes = [
    { op, inputs: ['a', 'b'], outputs: ['quotient'] },
    { op: 'Cast', inputs: ['quotient'], outputs: ['large'], attributes: { to: 1 } },
  ];
  return folded(nodes, [numbers('a', a), numbers('b', b)]);
}

function image(
  name: string,
  shape: readonly number[],
  nodes: readonly NodeSpec[],
  weights: readonly WeightSpec[] = [],
) {
  const outputs = [{ name: 'probs', shape: [1, 3] }];
  return buildOnnx({ inputs: [{ name, shape }], outputs, nodes, weights });
}

function chain(length: number): Uint8Array {
  const name = (index: number): string => (index === 0 ? 'image' : `relu${index}`);
  const links = Array.from({ length }, (_, index) => ({
    op: 'Relu',
    inputs: [name(index)],
    outputs: [name(index + 1)],
  }));
  const pool = { op: 'GlobalAveragePool', inputs: [name(length)], outputs: ['probs'] };
  return image('image', [1, 3, 8, 8], [...links, pool]);
}

/** Models that were written to do harm, by what they try. */
export const HOSTILE_GRAPHS: Readonly<Record<string, () => Uint8Array>> = {
  'divides by zero on bright pictures': dividesBrightPictures,
  'divides by zero when it loads': () => wholeNumbers('Div', 7, 0),
  'divides the least number by -1 when it loads': () => wholeNumbers('Div', -(2 ** 63), -1),
  'takes the remainder of zero': () => wholeNumbers('Mod', 7, 0),
  'takes the remainder of the least number by -1': () => wholeNumbers('Mod', -(2 ** 63), -1),
  'raises to a giant power': () => wholeNumbers('Pow', 2, MAX_INT64),
  'fills 1 GB on bright pictures': () => fillsMemory(16_000),
  'fills 6 GB on bright pictures': () => fillsMemory(40_000),
  'fills 40 GB on bright pictures': () => fillsMemory(100_000),
  'never ends on bright pictures': neverEnds,
  'fills 1 GB when it loads': () => expanded(16_000, 16_000),
  'fills 6 GB when it loads': () => expanded(40_000, 40_000),
  'fills 400 TB when it loads': () => expanded(GIANT, GIANT, 100),
  'has a size that overflows': () => expanded(MAX_INT64, MAX_INT64),
  'has a size below zero': () => expanded(-5, 8),
  'makes a constant without end': () =>
    folded([{ op: 'ConstantOfShape', inputs: ['shape'], outputs: ['large'] }], [numbers('shape', GIANT, GIANT)]),
  'counts without end': () =>
    folded(
      [
        { op: 'Range', inputs: ['from', 'to', 'step'], outputs: ['counted'] },
        { op: 'Cast', inputs: ['counted'], outputs: ['large'], attributes: { to: 1 } },
      ],
      ['from', 'to', 'step'].map((name, index) => ({
        name,
        type: 'int64',
        shape: [],
        values: [[0, MAX_INT64, 1][index] ?? 0],
      })),
    ),
  'repeats without end': () =>
    through({ op: 'Tile', inputs: ['image', 'times'] }, [numbers('times', 1, 1, GIANT, GIANT)]),
  'repeats a negative number of times': () =>
    through({ op: 'Tile', inputs: ['image', 'times'] }, [numbers('times', 1, -1, 1, 1)]),
  'pads without end': () =>
    through({ op: 'Pad', inputs: ['image', 'pads'] }, [numbers('pads', 0, 0, GIANT, GIANT, 0, 0, GIANT, GIANT)]),
  'pads by less than there is': () =>
    through({ op: 'Pad', inputs: ['image', 'pads'] }, [numbers('pads', 0, 0, -99, 0, 0, 0, -99, 0)]),
  'reshapes to another size': () => through({ op: 'Reshape', inputs: ['image', 'shape'] }, [numbers('shape', 7, 11)]),
  'reshapes to an overflow': () =>
    through({ op: 'Reshape', inputs: ['image', 'shape'] }, [numbers('shape', 2 ** 32, 2 ** 32, 192)]),
  'gathers far outside': () =>
    through({ op: 'Gather', inputs: ['image', 'where'], attributes: { axis: 2 } }, [numbers('where', 2 ** 40)]),
  'gathers far before': () =>
    through({ op: 'Gather', inputs: ['image', 'where'], attributes: { axis: 2 } }, [numbers('where', -(2 ** 40))]),
  'gathers along no axis': () =>
    through({ op: 'Gather', inputs: ['image', 'where'], attributes: { axis: 99 } }, [numbers('where', 0)]),
  'slices by steps of the least number': () =>
    through({ op: 'Slice', inputs: ['image', 'from', 'to', 'axes', 'steps'] }, [
      numbers('from', MAX_INT64),
      numbers('to', -MAX_INT64),
      numbers('axes', 2),
      numbers('steps', -(2 ** 63)),
    ]),
  'slices by steps of zero': () =>
    through({ op: 'Slice', inputs: ['image', 'from', 'to', 'axes', 'steps'] }, [
      numbers('from', 0),
      numbers('to', 8),
      numbers('axes', 2),
      numbers('steps', 0),
    ]),
  'pools over nothing': () => through({ op: 'MaxPool', inputs: ['image'], attributes: { kernel_shape: [0, 0] } }),
  'pools by strides of zero': () =>
    through({ op: 'MaxPool', inputs: ['image'], attributes: { kernel_shape: [2, 2], strides: [0, 0] } }),
  'pools over more than there is': () =>
    through({ op: 'AveragePool', inputs: ['image'], attributes: { kernel_shape: [9_999, 9_999] } }),
  'pools with giant pads': () =>
    through({
      op: 'MaxPool',
      inputs: ['image'],
      attributes: { kernel_shape: [2, 2], pads: [GIANT, GIANT, GIANT, GIANT] },
    }),
  'convolves with weights that are not there': () => through({ op: 'Conv', inputs: ['image', 'nowhere'] }),
  'convolves with a negative dilation': () =>
    through({ op: 'Conv', inputs: ['image', 'kernel'], attributes: { dilations: [-1, -1], kernel_shape: [1, 1] } }, [
      { name: 'kernel', shape: [1, 3, 1, 1], values: [1, 1, 1] },
    ]),
  'convolves in more groups than channels': () =>
    through({ op: 'Conv', inputs: ['image', 'kernel'], attributes: { group: 1_000 } }, [
      { name: 'kernel', shape: [1, 3, 1, 1], values: [1, 1, 1] },
    ]),
  'has weights of another size than it says': () =>
    through({ op: 'Add', inputs: ['image', 'short'] }, [{ name: 'short', shape: [1, 3, 8, 8], values: [1] }]),
  'has weights of 4 TB without bytes': () =>
    through({ op: 'Add', inputs: ['image', 'absent'] }, [{ name: 'absent', shape: [GIANT, GIANT], values: [] }]),
  'eats its own output': () =>
    image('image', [1, 3, 8, 8], [{ op: 'Add', inputs: ['image', 'probs'], outputs: ['probs'] }]),
  'calls an operator that nobody knows': () => through({ op: 'FormatDisk', inputs: ['image'] }),
  'is a chain of 20,000 nodes': () => chain(20_000),
};
