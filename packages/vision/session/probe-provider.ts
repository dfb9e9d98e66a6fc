import type { Provider } from '#packages/model-package';
import { providerReason } from './run-errors.ts';
import { runtimeOf } from './runtime-of.ts';
import type { Session } from './session.ts';

export interface ProviderProbe {
  readonly provider: Provider;
  readonly works: boolean;
  /** Why it does not work; empty if it does. */
  readonly reason: string;
  /** To open a session and run a model of one node. */
  readonly ms: number;
}

/**
 * Runs a model of one node on a provider. Never rejects, but a broken driver may end the process: a caller that must go on asks in a
 * process of its own.
 */
export async function probeProvider(provider: Provider): Promise<ProviderProbe> {
  const startedAt = performance.now();
  const outcome = (reason: string): ProviderProbe => ({
    provider,
    works: reason === '',
    reason,
    ms: Math.round(performance.now() - startedAt),
  });
  const runtime = runtimeOf(provider);
  const absent = runtime.whyUnavailable(provider);
  if (absent !== undefined) return outcome(absent);
  let session: Session | undefined;
  try {
    const source = { hash: undefined, read: async () => ({ model: RELU, externalData: [] }) };
    session = await runtime.open(source, provider, { intraOpThreads: 1, spinning: false });
    const x = { type: 'float32', shape: [2], data: Float32Array.of(-1, 2) } as const;
    const { y } = await session.run({ x }, ['y']);
    const [first, second] = y?.data ?? [];
    return outcome(Number(first) === 0 && Number(second) === 2 ? '' : `it gives ${first}, ${second} for relu(-1, 2)`);
  } catch (thrown) {
    return outcome(providerReason(thrown));
  } finally {
    await session?.close();
  }
}

/** y = Relu(x), float32[2], as a ModelProto of onnx.proto (IR version 8, operators of version 13). */
const RELU = model();

function model(): Uint8Array<ArrayBuffer> {
  const shape = field(2, field(1, varint(1, 2)));
  const info = (name: string): number[] => [...text(1, name), ...field(2, field(1, [...varint(1, 1), ...shape]))];
  const node = [...text(1, 'x'), ...text(2, 'y'), ...text(4, 'Relu')];
  const graph = [...field(1, node), ...text(2, 'probe'), ...field(11, info('x')), ...field(12, info('y'))];
  return Uint8Array.from([...varint(1, 8), ...field(7, graph), ...field(8, varint(2, 13))]);
}

/** Values and lengths below 128 only. */
function varint(number: number, value: number): number[] {
  return [number << 3, value];
}

function field(number: number, content: readonly number[]): number[] {
  return [(number << 3) | 2, content.length, ...content];
}

function text(number: number, value: string): number[] {
  return field(number, [...Buffer.from(value)]);
}
