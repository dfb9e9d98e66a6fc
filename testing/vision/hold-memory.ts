import { nativeRuntime, pluggedRuntime } from '#packages/vision';
import type { Runtime } from '#packages/vision';
import { buildOnnx } from './onnx-builder.ts';

const SIDE = 512;
const OPTIONS = { intraOpThreads: 1, spinning: false } as const;

/** Resident memory, MB, after a tenth of the work and after all of it. */
export interface Held {
  readonly runs: readonly [first: number, last: number];
  readonly loads: readonly [first: number, last: number];
}

/** Runs a model that gives 1 MB at a time, and loads one that holds 1 MB of weights: what is kept of each shows soon. */
export async function holdMemory(runtime: Runtime, runs: number, loads: number): Promise<Held> {
  const model = addition();
  const source = { hash: undefined, read: async () => ({ model, externalData: [] }) };
  const x = { type: 'float32', shape: [SIDE, SIDE], data: new Float32Array(SIDE * SIDE) } as const;
  const session = await runtime.open(source, 'cpu', OPTIONS);
  const ran = await repeat(runs, async () => void (await session.run({ x }, ['y'])));
  await session.close();
  const loaded = await repeat(loads, async () => {
    const one = await runtime.open(source, 'cpu', OPTIONS);
    await one.run({ x }, ['y']);
    await one.close();
  });
  return { runs: ran, loads: loaded };
}

async function repeat(times: number, work: () => Promise<void>): Promise<[number, number]> {
  let first = 0;
  for (let done = 1; done <= times; done++) {
    await work();
    if (done % 50 === 0) globalThis.gc?.();
    if (done === Math.ceil(times / 10)) first = residentMb();
  }
  globalThis.gc?.();
  return [first, residentMb()];
}

function residentMb(): number {
  return Math.round(process.memoryUsage().rss / 1e6);
}

/** y = x + w. */
function addition(): Uint8Array<ArrayBuffer> {
  const values = Array.from({ length: SIDE * SIDE }, (_, index) => Math.sin(index));
  const shape = [SIDE, SIDE];
  return new Uint8Array(
    buildOnnx({
      inputs: [{ name: 'x', shape }],
      outputs: [{ name: 'y', shape }],
      nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      weights: [{ name: 'w', shape, values }],
    }),
  );
}

/** `hold-memory.ts native|c <runs> <loads>`: prints what the process holds, as JSON. */
if (process.argv[1]?.endsWith('hold-memory.ts')) {
  const [, , name, runs, loads] = process.argv;
  const runtime = name === 'native' ? nativeRuntime : pluggedRuntime;
  console.log(JSON.stringify(await holdMemory(runtime, Number(runs), Number(loads))));
}
