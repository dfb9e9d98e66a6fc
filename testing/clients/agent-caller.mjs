/** Asks an agent by the installed TypeScript client, and prints what came back as one object of JSON. */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { Agent } from 'edgeml-sdk';

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

const agent = new Agent({ socketPath });
const busy = new Agent({ socketPath: busySocket });
const told = {
  path: best(await agent.predict('Colours', picture)),
  bytes: best(await agent.predict('Colours', await readFile(picture))),
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
  absent: await errorOf(new Agent({ socketPath: `${socketPath}.none` }).models()),
};
console.log(JSON.stringify(told));
