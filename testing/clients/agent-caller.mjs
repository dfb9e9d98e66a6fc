/** Asks an agent by the installed TypeScript client, and prints what came back as one object of JSON. */
import { once } from 'node:events';
import { link, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import process from 'node:process';
import { Agent, client } from 'edgeml-sdk';

const [socketPath = '', busySocket = '', picture = ''] = process.argv.slice(2);
/** @typedef {import('edgeml-sdk').AgentTensor} Tensor */
/** @type {(datatype: string, data: Tensor['data']) => Tensor} */
const one = (datatype, data) => ({ datatype, shape: [1], data });
const ECHOED = {
  int64_in: one('INT64', BigInt64Array.of(2n ** 53n + 1n)),
  float16_in: one('FP16', Uint16Array.of(0x3800)),
  string_in: one('BYTES', ['größe']),
  bool_in: one('BOOL', Uint8Array.of(1)),
  uint8_in: one('UINT8', Uint8Array.of(255)),
  float32_in: one('FP32', Float32Array.of(1.5)),
};
const SAMPLES = { input: { datatype: 'FP32', shape: [1, 4], data: Float32Array.of(1, 2, 3, 6) } };
/** @type {(outputs: Readonly<Record<string, Tensor>>) => object} */
const shown = (outputs) =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, { datatype, data }]) => [
      name,
      [
        datatype,
        Array.from(/** @type {Iterable<unknown>} */ (data), (value) =>
          value instanceof Uint8Array ? String(Buffer.from(value)) : String(value),
        ),
      ],
    ]),
  );
/** @type {(result: import('edgeml-sdk').AgentResult) => readonly unknown[]} */
const best = ({ predictions: [first], model, image }) => [first?.label, first?.score, model.version, image.width];
/** @type {(work: Promise<unknown>) => Promise<unknown>} */
const errorOf = (work) =>
  work.then(
    () => 'nothing',
    ({ name, code, retryAfterMs = null }) => [name, code, retryAfterMs],
  );

/**
 * The fate of a call while an agent restarts: connecting fails in the call itself, before the agent listens.
 * @template Answer
 * @param {string} path
 * @param {(path: string) => Promise<Answer>} ask
 */
async function answerAfterRestart(path, ask) {
  const asked = ask(path);
  await rm(path, { force: true });
  const server = createServer((request, response) => void request.resume().on('end', () => response.end('[]')));
  await once(server.listen(path), 'listening');
  const answer = await asked;
  server.close();
  return answer;
}

/** A socket on which nobody listens any more. @param {string} path */
async function leftBehind(path) {
  const server = createServer();
  await once(server.listen(`${path}.first`), 'listening');
  await link(`${path}.first`, path);
  server.close();
  await once(server, 'close');
  return path;
}

const image = await readFile(picture);
const agent = new Agent({ socketPath });
const busy = new Agent({ socketPath: busySocket });
const told = {
  path: best(await agent.predict('Colors', picture)),
  bytes: best(await agent.predict('Colors', image)),
  echo: shown(await agent.infer('Echo', ECHOED)),
  sound: shown(await agent.infer('Sound', SAMPLES, { outputs: ['level'] })),
  tensors: await agent.tensors('Sound'),
  models: (await agent.models()).map(({ alias }) => alias).sort(),
  errors: [
    await errorOf(agent.predict('Nothing', picture)),
    await errorOf(agent.infer('Sound', { input: { datatype: 'FP32', shape: [1, 1], data: Float32Array.of(1) } })),
    await errorOf(agent.infer('Sound', { input: { datatype: 'FP32', shape: [1], data: ['1'] } })),
  ],
  retried: await busy.models(),
  later: await errorOf(busy.predict('Late', picture)),
  back: [
    await answerAfterRestart(`${socketPath}.gone`, (path) => new Agent({ socketPath: path }).models()),
    await answerAfterRestart(await leftBehind(`${socketPath}.left`), (path) =>
      new Agent({ socketPath: path }).models(),
    ),
    await answerAfterRestart(await leftBehind(`${socketPath}.v1`), async (path) => {
      const call = { AlgoType: 'object-detection', ServiceName: 'Colors', Body: image };
      const { Body } = await client('inference', { socketPath: path }).invokeInferenceService(call);
      return Body.text();
    }),
    await answerAfterRestart(await leftBehind(`${socketPath}.feedback`), async (path) => {
      const sample = { ConfigId: 'Parts', ModelInput: image, ModelPrediction: [] };
      return client('feedback', { socketPath: path })
        .publish(sample)
        .then(() => 'kept');
    }),
  ],
  absent: await errorOf(new Agent({ socketPath: `${socketPath}.none`, timeoutMs: 1_400 }).models()),
};
console.log(JSON.stringify(told));
