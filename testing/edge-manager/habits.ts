import path from 'node:path';

import type { ClientGeneration } from './generations.ts';
import { floatsOf, tensorOf } from './client.ts';
import type { EdgeClient } from './client.ts';
import type { EdgeAgent } from './edge-agent.ts';
import { bareModel, identity } from './models.ts';

/** Where a scripted client acts: an agent that runs, and a folder of its own. */
interface Scene {
  readonly agent: EdgeAgent;
  readonly client: EdgeClient;
  readonly folder: string;
}

/** Something that programs written for Edge Manager were seen to do, and that has to work as it did there. */
export interface Habit {
  /** E.g. `declares NCHW data as NHWC`. */
  readonly habit: string;
  /** The program, and the call that it does it in. */
  readonly seenIn: string;
  /** Interface that the program was built with. */
  readonly generation: ClientGeneration;
  /** Does it; throws, with the status of the call, if it does not work. */
  run(scene: Scene): Promise<void>;
}

/** Predicts on a model of a fixed shape, or of a free batch, and wants the elements back in the order in which they went. */
async function declares(
  { client, folder }: Scene,
  model: readonly (number | string)[],
  declared: readonly number[],
): Promise<void> {
  const name = `shape-${model.join('x')}`;
  const url = await bareModel(path.join(folder, name), identity('float32', model, 'data'));
  await client.call('LoadModel', { url, name });
  const sent = Float32Array.from({ length: declared.reduce((product, side) => product * side, 1) }, (_, n) => n);
  const { tensors } = await client.call('Predict', { name, tensors: [tensorOf('data', 'FLOAT32', declared, sent)] });
  const answer = floatsOf(tensors[0]!);
  if (answer.some((value, n) => value !== sent[n])) throw new Error('the elements came back in another order');
  const { shape } = tensors[0]!.tensor_metadata;
  const [, ...sides] = model;
  if (String(shape) !== String([declared[0], ...sides]))
    throw new Error(`the answer has the shape [${shape.join(', ')}]`);
}

/** Habits in calls of the gRPC interface, by the kind of their call. */
export const HABITS: readonly Habit[] = [
  {
    habit: 'sends NCHW data and declares it as [1, height, width, 3]',
    seenIn: "AWS's object detection example in Python, Predict",
    generation: '2022',
    run: (scene) => declares(scene, [1, 3, 16, 24], [1, 16, 24, 3]),
  },
  {
    habit: 'declares [1, channels, width, height] whatever the layout of the model is',
    seenIn: "AWS's C++ client of 2020 and of 2021, Predict",
    generation: '2020',
    run: (scene) => declares(scene, [1, 16, 24, 3], [1, 3, 24, 16]),
  },
  {
    habit: 'declares [1, channels, width, height] for an NHWC model whose batch is free',
    seenIn: "AWS's C++ client, Predict on an export of TensorFlow",
    generation: '2021',
    run: (scene) => declares(scene, ['n', 16, 24, 3], [1, 3, 24, 16]),
  },
  {
    habit: 'swaps width and height of a picture that is not square',
    seenIn: "AWS's C++ client of 2021, Predict",
    generation: '2021',
    run: (scene) => declares(scene, [1, 3, 8, 12], [1, 3, 12, 8]),
  },
];
