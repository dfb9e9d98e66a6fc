import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { buildOnnx } from '../../testing/vision/onnx-builder.ts';
import { seededRandom } from '../../testing/seeded-random.ts';

const SIDE = 640;
/** Channels after each convolution of 3 × 3; the first five halve the sides. */
const CHANNELS = [32, 64, 128, 256, 512, 512, 512, 512, 512, 512] as const;

/** Writes a convolutional network of the size of a large detector, 16.5 million random weights, into a temporary folder; returns its path. */
export async function writeLargeModel(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'edgeml-large-model-'));
  const random = seededRandom(1);
  const layers = CHANNELS.map((out, index) => ({ out, into: CHANNELS[index - 1] ?? 3, stride: index < 5 ? 2 : 1 }));
  const weights = layers.map(({ out, into }, index) => ({
    name: `w${index}`,
    shape: [out, into, 3, 3],
    values: [],
    location: `w${index}.bin`,
  }));
  for (const { shape, location } of weights) {
    const [out = 0, into = 0] = shape;
    // So that values keep their size from layer to layer.
    const scale = Math.sqrt(6 / (9 * into));
    const values = Float32Array.from({ length: out * into * 9 }, () => scale * (2 * random() - 1));
    await writeFile(path.join(folder, location), values);
  }
  const nodes = layers.flatMap(({ stride }, index) => [
    {
      op: 'Conv',
      inputs: [index === 0 ? 'images' : `r${index - 1}`, `w${index}`],
      outputs: [`c${index}`],
      attributes: { kernel_shape: [3, 3], strides: [stride, stride], pads: [1, 1, 1, 1] },
    },
    { op: 'Relu', inputs: [`c${index}`], outputs: [`r${index}`] },
  ]);
  const last = `r${layers.length - 1}`;
  const file = path.join(folder, 'large.onnx');
  await writeFile(
    file,
    buildOnnx({
      inputs: [{ name: 'images', shape: [1, 3, SIDE, SIDE] }],
      outputs: [{ name: last, shape: [1, 512, SIDE / 32, SIDE / 32] }],
      nodes,
      weights,
    }),
  );
  return file;
}
