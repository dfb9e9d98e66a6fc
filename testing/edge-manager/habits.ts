import path from 'node:path';

import type { ClientGeneration } from './generations.ts';
import { EdgeClient, floatsOf, rawBytes, tensorOf } from './client.ts';
import type { EdgeAgent } from './edge-agent.ts';
import { bareModel, identity } from './models.ts';

/** Where a scripted client acts: an agent that runs, and its own folder. */
interface Scene {
  readonly agent: EdgeAgent;
  readonly client: EdgeClient;
  readonly folder: string;
}

/** The subject of a habit. Numbers are stable: documents and reports refer to them. */
export const HABIT_POINTS = {
  1: 'shapes that programs declare',
  2: 'models after a restart',
  3: 'the name of the old component',
  4: 'the socket at the start of an application',
  5: 'the agent without Greengrass',
  6: 'urls of models, and what a refusal says',
  7: 'the end of the agent under load',
  8: 'programs of Greengrass V1',
  9: 'documents around the old system',
  10: 'components of Greengrass v2',
} as const;

interface SeenHabit {
  readonly point: keyof typeof HABIT_POINTS;
  /** E.g. `declares NCHW data as NHWC`. */
  readonly habit: string;
  /** The program, and the call that it does it in. */
  readonly seenIn: string;
}

/** Something that programs written for Edge Manager were seen to do, and that has to work as it did there. */
export interface Habit extends SeenHabit {
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

/** A habit that needs more than one agent: a test of its own shows it. */
export interface HabitElsewhere extends SeenHabit {
  readonly test: readonly [file: string, title: string];
}

function same(found: unknown, wanted: unknown, what: string): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
}

const VALUES = Float32Array.of(1, 2, 3, 4, 5, 6);

/** A folder with a model of a free batch, by its name in the folder of the scene. */
function modelIn({ folder }: Scene, name: string): Promise<string> {
  return bareModel(path.join(folder, name), identity('float32', ['n', 2, 3], 'data'));
}

/** Habits in calls of the gRPC interface, by the kind of their call. */
export const HABITS: readonly Habit[] = [
  {
    point: 1,
    habit: 'sends NCHW data and declares it as [1, height, width, 3]',
    seenIn: "AWS's object detection example in Python, Predict",
    generation: '2022',
    run: (scene) => declares(scene, [1, 3, 16, 24], [1, 16, 24, 3]),
  },
  {
    point: 1,
    habit: 'declares [1, channels, width, height] whatever the layout of the model is',
    seenIn: "AWS's C++ client of 2020 and of 2021, Predict",
    generation: '2020',
    run: (scene) => declares(scene, [1, 16, 24, 3], [1, 3, 24, 16]),
  },
  {
    point: 1,
    habit: 'declares [1, channels, width, height] for an NHWC model whose batch is free',
    seenIn: "AWS's C++ client, Predict on an export of TensorFlow",
    generation: '2021',
    run: (scene) => declares(scene, ['n', 16, 24, 3], [1, 3, 24, 16]),
  },
  {
    point: 1,
    habit: 'swaps width and height of a picture that is not square',
    seenIn: "AWS's C++ client of 2021, Predict",
    generation: '2021',
    run: (scene) => declares(scene, [1, 3, 8, 12], [1, 3, 12, 8]),
  },
  {
    point: 1,
    habit: 'copies name, type and shape of the first input from ListModels into Predict, and reshapes by the answer',
    seenIn: "AWS's examples in Python, ListModels and Predict",
    generation: '2021',
    async run(scene) {
      const { client } = scene;
      await client.call('LoadModel', { url: await modelIn(scene, 'copied'), name: 'copied' });
      const { models } = await client.call('ListModels');
      const input = models.find(({ name }) => name === 'copied')!.input_tensor_metadatas[0]!;
      const tensor = { tensor_metadata: input, byte_data: rawBytes(VALUES) };
      const { tensors } = await client.call('Predict', { name: 'copied', tensors: [tensor] });
      same(tensors[0]!.tensor_metadata.shape, [1, 2, 3], 'shape of the answer');
      same([...floatsOf(tensors[0]!)], [...VALUES], 'answer');
    },
  },
  {
    point: 2,
    habit: 'unloads first and ignores the error, at each start',
    seenIn: "AWS's examples in Python, UnLoadModel and LoadModel",
    generation: '2020',
    async run(scene) {
      const { client } = scene;
      const url = await modelIn(scene, 'start');
      for (const _start of [1, 2]) {
        await client.call('UnLoadModel', { name: 'start' }).catch(() => undefined);
        await client.call('LoadModel', { url, name: 'start' });
      }
    },
  },
  {
    point: 2,
    habit: 'looks for the digit 6 in the text of the error, and goes on',
    seenIn: 'the Node-RED nodes, LoadModel',
    generation: '2021',
    async run(scene) {
      const { client } = scene;
      const url = await modelIn(scene, 'six');
      await client.call('LoadModel', { url, name: 'six' });
      const outcome = await client.call('LoadModel', { url, name: 'six' }).then(() => 'OK', String);
      if (!outcome.includes('6')) throw new Error(`the outcome is ${outcome}`);
    },
  },
  {
    point: 4,
    habit: 'writes the address of the socket as unix:/path or unix:///path',
    seenIn: "AWS's examples in Python and C++, opening the channel",
    generation: '2022',
    async run({ agent }) {
      for (const target of [`unix:${agent.socketPath}`, `unix://${agent.socketPath}`]) {
        const other = new EdgeClient(target);
        await other.call('ListModels').finally(() => other.close());
      }
    },
  },
  {
    point: 6,
    habit: "names the model's folder relative to the agent's, as a component beside it",
    seenIn: "AWS's sample components of Greengrass, LoadModel",
    generation: '2022',
    async run(scene) {
      await modelIn(scene, 'com.model.darknet');
      const { model } = await scene.client.call('LoadModel', { url: '../com.model.darknet', name: 'darknet' });
      same(model.url, path.join(scene.folder, 'com.model.darknet'), 'url');
    },
  },
  {
    point: 6,
    habit: 'names the file of the model, or writes the path as a file:// url',
    seenIn: 'the demo client, LoadModel',
    generation: '2021',
    async run(scene) {
      const folder = await modelIn(scene, 'file');
      await scene.client.call('LoadModel', { url: `file://${folder}`, name: 'by-url' });
      await scene.client.call('LoadModel', { url: path.join(folder, 'model.onnx'), name: 'by-file' });
    },
  },
];

/** Habits of whole programs and documents. */
export const HABITS_ELSEWHERE: readonly HabitElsewhere[] = [
  {
    point: 2,
    habit: 'loads its models when it starts and takes ALREADY_EXISTS for a failure',
    seenIn: "the workshop's application for wind turbines, LoadModel",
    test: ['testing/campaigns/campaigns.test.ts', 'an application written for Edge Manager is back after restarts'],
  },
  {
    point: 2,
    habit: 'never loads again',
    seenIn: 'the Node-RED nodes, Predict after a restart of the agent',
    test: ['test/edge-manager/restored-models.test.ts', 'are there at once for programs that never load again'],
  },
  {
    point: 3,
    habit: 'depends on the old component in a pinned version, and reads the socket from its configuration',
    seenIn: "recipes of AWS's sample components, ComponentDependencies and UnixSocketName",
    test: ['testing/campaigns/campaigns.test.ts', 'an application written for Edge Manager is back after restarts'],
  },
  {
    point: 4,
    habit: 'connects once, when it starts, and ends if nobody listens',
    seenIn: "the workshop's application for wind turbines, opening the channel",
    test: ['test/edge-manager/readiness.test.ts', 'finds the socket, in one deployment with the agent'],
  },
  {
    point: 5,
    habit: 'is started with -a and -c, stopped by SIGHUP, and has a batch as large as the buffer',
    seenIn: 'published unit files and configurations of the bare agent',
    test: ['test/edge-manager/standalone.test.ts', 'runs as the old unit started it'],
  },
  {
    point: 6,
    habit: 'loads what Neo compiled',
    seenIn: "packages of the workshop's notebook, LoadModel",
    test: ['test/edge-manager/models.test.ts', 'FAILED_PRECONDITION for what Neo compiled'],
  },
  {
    point: 7,
    habit: 'predicts all the time, also while the agent is stopped',
    seenIn: "the workshop's application for wind turbines, Predict",
    test: ['test/edge-manager/process.test.ts', 'answers all calls in flight'],
  },
  {
    point: 8,
    habit: 'publishes by greengrasssdk what the ML SDK answered, from a timer or from its handler',
    seenIn: 'Lambda functions of Greengrass V1, publish and invoke_inference_service',
    test: ['test/clients/old-programs.test.ts', 'on-demand: is called with the messages of the other one'],
  },
  {
    point: 9,
    habit: 'is deployed by documents that name the old component',
    seenIn: 'deployment documents and recipes of the samples',
    test: ['tools/migrate-edge-manager/migrate.test.ts', 'turns a deployment document: new name and version'],
  },
  {
    point: 10,
    habit: 'deploys a component of Greengrass v2 with an interval alone, and waits for its log',
    seenIn: "AWS's conformance scenarios, the log and the topic",
    test: ['test/collection/predecessor-components.test.ts', 'deployed as the old component was'],
  },
];
