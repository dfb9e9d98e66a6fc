import { readFileSync } from 'node:fs';
import { externalFiles, readMessage } from '#packages/onnx';
import type { FuzzTarget } from '../../testing/fuzz/fuzz-target.ts';
import { unlessRefused } from '../../testing/fuzz/fuzz-target.ts';
import { readOnnx } from './read-onnx.ts';

const target: FuzzTarget = {
  about: 'ONNX files, as whoever makes models sends them',
  dictionary: [
    'location',
    '\x3a',
    '\x2a',
    '\x6a\x02',
    '\xff\xff\xff\xff\x0f',
    '\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01',
  ],
  seeds: () => [
    // The head of a real model is cut off within a field; small whole ones are made by hand.
    Uint8Array.from(SMALL),
    Uint8Array.from(WITH_WEIGHT),
    new Uint8Array(
      readFileSync(new URL('../../artifacts/models/PartsClassifier/model.onnx', import.meta.url)),
    ).subarray(0, 4_096),
  ],
  run(bytes) {
    unlessRefused(() => readOnnx(bytes, 'model.onnx'));
    onlyPlainErrors(() => externalFiles(bytes));
    onlyPlainErrors(() => readMessage(bytes, {}));
  },
};
export default target;

/** Those of `#packages/onnx` say what is wrong with the bytes; anything else, as a RangeError, was not meant. */
function onlyPlainErrors(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
  }
}

const text = (field: number, value: string): number[] => [(field << 3) | 2, value.length, ...Buffer.from(value)];
const message = (field: number, ...parts: number[][]): number[] => {
  const bytes = parts.flat();
  return [
    (field << 3) | 2,
    ...(bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7]),
    ...bytes,
  ];
};
const shape = message(2, message(1, [8, 1]), message(1, text(2, 'batch')));
const value = (field: number, name: string): number[] =>
  message(field, text(1, name), message(2, message(1, [8, 1], shape)));
const graph = message(
  7,
  message(1, text(1, 'x'), text(2, 'y'), text(4, 'Relu')),
  text(2, 'g'),
  value(11, 'x'),
  value(12, 'y'),
);
const SMALL = [[8, 8], text(2, 'fuzz'), message(8, [16, 17]), graph].flat();
const weight = message(5, [8, 3], [16, 1], text(8, 'w'), message(13, text(1, 'location'), text(2, 'w.bin')), [
  14 << 3,
  1,
]);
const WITH_WEIGHT = [
  [8, 8],
  message(7, weight, value(12, 'y')),
  message(14, text(1, 'names'), text(2, "{0: 'a'}")),
].flat();
