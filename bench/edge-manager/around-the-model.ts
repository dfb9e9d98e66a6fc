import path from 'node:path';

import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { visionData } from '../../testing/outside-data/vision-data.ts';
import { bytesOf, EdgeClient, rawBytes } from '../../testing/edge-manager/client.ts';
import { bareModel } from '../../testing/edge-manager/models.ts';
import { mobilenetFolder } from '../../testing/edge-manager/photo-tensor.ts';
import { SharedSegment } from '../../testing/edge-manager/shared-segment.ts';
import { startBenchAgent } from '../vision/bench-agent.ts';
import { startBareGrpc } from './bare-grpc.ts';
import type { BareGrpc } from './bare-grpc.ts';

export interface AroundTheModel {
  readonly name: string;
  /** Milliseconds that the client waited, request by request. */
  readonly waits: readonly number[];
  /** The same without the time that the model ran. */
  readonly overheads: readonly number[];
}

const WARM_UP = 50;
const SHAPE = [1, 3, 224, 224];
const VALUES = Float32Array.from({ length: 3 * 224 * 224 }, (_, n) => Math.sin(n));
export const TENSOR_BYTES = VALUES.byteLength;

interface Contender {
  readonly name: string;
  /** Resolves with the milliseconds that the model ran. */
  readonly ask: () => Promise<number>;
  readonly waits: number[];
  readonly overheads: number[];
}

/**
 * The time that the agent adds around the model when a client of Edge Manager sends a tensor of 1 × 3 × 224 × 224 floats: the time that the
 * client waits less the time that the model ran. Beside it, in turn, a bare gRPC server that takes the same bytes and does nothing.
 */
export async function measureAroundTheModel(requests: number, signal: AbortSignal): Promise<readonly AroundTheModel[]> {
  const folder = await temporaryFolder();
  const socketPath = path.join(folder.path, 'edge.sock');
  const agent = await startBenchAgent(folder.path, { UnixSocketName: socketPath });
  const client = new EdgeClient(`unix://${socketPath}`, '2021');
  const bare = await startBareGrpc(path.join(folder.path, 'bare.sock'));
  const segment = process.platform === 'linux' ? new SharedSegment(rawBytes(VALUES)) : undefined;
  try {
    const contenders = await makeContenders(folder.path, client, bare, segment);
    for (let n = -WARM_UP; n < requests; n++)
      for (const contender of contenders) {
        signal.throwIfAborted();
        await measure(contender, n >= 0);
      }
    return contenders;
  } finally {
    segment?.remove();
    await bare.stop();
    client.close();
    agent.client.close();
    await agent.process.end();
    await folder.remove();
  }
}

async function makeContenders(
  folder: string,
  client: EdgeClient,
  bare: BareGrpc,
  segment: SharedSegment | undefined,
): Promise<readonly Contender[]> {
  const tensor_metadata = { name: bytesOf('input'), data_type: 'FLOAT32', shape: SHAPE };
  const inline = { tensor_metadata, byte_data: rawBytes(VALUES) };
  const models = [['mean of each channel', await bareModel(path.join(folder, 'mean'), meanModel())]];
  if (visionData.whyNot() === undefined)
    models.push(['mobilenet v2', await mobilenetFolder(path.join(folder, 'mobilenet'))]);
  const contenders = [contender('bare gRPC', () => bare.call(inline).then(() => 0))];
  for (const [index, [what, url]] of models.entries()) {
    const name = `model${index}`;
    await client.call('LoadModel', { url, name });
    const predict = (tensor: object) => client.timedPredict({ name, tensors: [tensor] }).then(({ runMs }) => runMs);
    contenders.push(contender(`${what}, bytes in the message`, () => predict(inline)));
    if (!segment) continue;
    const shared = { tensor_metadata, shared_memory_handle: { segment_id: segment.id } };
    contenders.push(contender(`${what}, shared memory`, () => predict(shared)));
  }
  return contenders;
}

function contender(name: string, ask: () => Promise<number>): Contender {
  return { name, ask, waits: [], overheads: [] };
}

async function measure({ ask, waits, overheads }: Contender, counts: boolean): Promise<void> {
  const startedAt = performance.now();
  const runMs = await ask();
  const wait = performance.now() - startedAt;
  if (!counts) return;
  waits.push(wait);
  overheads.push(wait - runMs);
}

function meanModel() {
  return {
    inputs: [{ name: 'input', shape: SHAPE }],
    outputs: [{ name: 'output', shape: [1, 3, 1, 1] }],
    nodes: [{ op: 'GlobalAveragePool', inputs: ['input'], outputs: ['output'] }],
  };
}
