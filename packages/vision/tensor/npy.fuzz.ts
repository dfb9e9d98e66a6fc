import { deepStrictEqual } from 'node:assert';
import { ZipFile } from 'yazl';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import type { FuzzTarget } from '../../../testing/fuzz/fuzz-target.ts';
import { unlessRefused, unlessRejected } from '../../../testing/fuzz/fuzz-target.ts';
import { decodeNpy, readNpyHeader } from '../image/npy.ts';
import type { TensorInfo } from '../loaded-model.ts';
import { npyOfTensor } from './npy-tensor.ts';
import { packStrings } from './string-elements.ts';
import { readTensorFile } from './tensor-file.ts';

const INFOS: readonly TensorInfo[] = [{ name: 'x', type: 'float32', shape: [-1] }];

const target: FuzzTarget = {
  about: 'NumPy arrays (.npy) and archives of them (.npz), of packages and of requests',
  dictionary: [
    "'descr': '<U0'",
    "'shape': (1000000000,)",
    "'<f8'",
    "'|b1'",
    'True',
    '(0, 4294967296)',
    '\x93NUMPY\x02',
    'PK\x01\x02',
  ],
  async seeds() {
    const floats = npyOfTensor({ type: 'float32', shape: [2, 3], data: new Float32Array(6) });
    const texts = npyOfTensor({ type: 'string', shape: [2], data: packStrings(['a', 'bolt']) });
    const picture = npyOfTensor({ type: 'uint8', shape: [4, 5, 3], data: new Uint8Array(60) });
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from(floats), 'x.npy', { compress: false });
    zip.addBuffer(Buffer.from(texts), 'labels.npy', { compress: true });
    zip.end();
    return [floats, texts, picture, new Uint8Array(await buffer(zip.outputStream as Readable))];
  },
  async run(bytes) {
    const tensors = await unlessRejected(() => readTensorFile(bytes, 'golden.npz', INFOS));
    for (const tensor of Object.values(tensors ?? {})) {
      const again = await readTensorFile(npyOfTensor(tensor), 'again.npy', INFOS);
      if (tensor.type !== 'string') deepStrictEqual(again['x']!.data, tensor.data);
    }
    unlessRefused(() => decodeNpy(bytes, readNpyHeader(bytes)));
  },
};
export default target;
