import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#packages/foundation';
import { askSocket } from '../../../testing/agent/ask-socket.ts';
import { colorPackage, plainPicture } from '../../../testing/agent/color-package.ts';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { MemoryInstances } from '../../../testing/agent/memory-instance.ts';
import { memoryLoaded } from '../../../testing/agent/memory-loaded.ts';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { bmp, tiff } from '../../../testing/vision/rasters.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, object>> }>>;
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let models: ReturnType<typeof memoryLoaded>;
let started: InProcessAgent;
let document: { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
let ajv: Ajv2020;

beforeAll(async () => {
  folder = await temporaryFolder();
  const work = join(folder.path, 'work');
  await mkdir(work);
  const nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], { MinFreeDiskMB: 0 });
  models = memoryLoaded();
  started = await startInProcess(work, nucleus, systemClock, new MemoryInstances(models).open);
  await started.client.activate({ path: await colorPackage(join(folder.path, 'Colors')) });
  document = JSON.parse((await ask('GET', '/openapi.json')).body) as typeof document;
  ajv = new Ajv2020({ strict: false, schemas: [{ ...document, $id: 'api' }] });
});
afterAll(async () => {
  await started?.close();
  await models?.close();
  await folder?.remove();
});

function ask(method: string, path: string, body?: string | Uint8Array, headers?: Record<string, string>) {
  return askSocket(join(folder.path, 'work/agent.sock'), { method, path, ...(body ? { body } : {}) }, headers);
}

/** Why an answer is not what the document says of it; empty if it is. */
function faults(operation: readonly string[], status: number, body: string): string {
  const at = ['paths', ...operation, 'responses', String(status), 'content', 'application/json', 'schema'];
  const pointer = at.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
  const check = ajv.getSchema(`api#/${pointer}`);
  if (!check) return `the document does not have ${at.join(' ')}`;
  return check(JSON.parse(body)) ? '' : ajv.errorsText(check.errors);
}

describe('the answers of the agent', () => {
  it.each([
    ['/v1/models', '/v1/models', 200],
    ['/healthz', '/healthz', 200],
    ['/v1/models/{alias}/package', '/v1/models/Colors/package', 200],
    ['/v1/models/{alias}/golden/{index}/answer', '/v1/models/Colors/golden/0/answer', 200],
    ['/v2', '/v2', 200],
    ['/v2/health/live', '/v2/health/live', 200],
    ['/v2/health/ready', '/v2/health/ready', 200],
    ['/v2/models/{model}', '/v2/models/Colors', 200],
    ['/v2/models/{model}/ready', '/v2/models/Nothing/ready', 503],
  ])('on GET %s are as its OpenAPI document says', async (path, asked, expected) => {
    const { status, body } = await ask('GET', asked);
    expect({ status, faults: faults([path, 'get'], status, body) }).toEqual({ status: expected, faults: '' });
  });

  it('to pictures, tensors and refusals are, too', async () => {
    const picture = await plainPicture(255, 0, 0);
    const invoke = ['/v1/services/{service}/invoke', 'post'];
    const answered = await ask('POST', '/v1/services/Colors/invoke', picture);
    expect(faults(invoke, 200, answered.body)).toBe('');
    const refused = await ask('POST', '/v1/services/Nothing/invoke', picture);
    expect([refused.status, faults([...invoke], 0, refused.body)]).toEqual([
      404,
      expect.stringContaining('does not have'),
    ]);
    const check = ajv.getSchema('api#/components/schemas/ErrorBody');
    expect(check?.(JSON.parse(refused.body))).toBe(true);

    const input = {
      name: 'image',
      shape: [1],
      datatype: 'BYTES',
      parameters: { binary_data_size: picture.length + 4 },
    };
    const head = Buffer.from(JSON.stringify({ inputs: [input] }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(picture.length);
    const binary = { 'inference-header-content-length': String(head.length) };
    const inferred = await ask('POST', '/v2/models/Colors/infer', Buffer.concat([head, length, picture]), binary);
    expect([inferred.status, faults(['/v2/models/{model}/infer', 'post'], 200, inferred.body)]).toEqual([200, '']);
  });

  it("say where the picture lies in the model's input, if the request asks", async () => {
    const invoke = ['/v1/services/{service}/invoke', 'post'];
    const picture = await plainPicture(255, 0, 0);
    const asked = await ask('POST', '/v1/services/Colors/invoke?placement=true', picture);
    expect(faults(invoke, 200, asked.body)).toBe('');
    const { placement } = JSON.parse(asked.body) as { placement: object };
    expect(placement).toMatchObject({ scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0, width: 8, height: 8 });
    const plainly = await ask('POST', '/v1/services/Colors/invoke', picture);
    expect(JSON.parse(plainly.body)).not.toHaveProperty('placement');
  });

  it.each([
    ['image/bmp', bmp({ bits: 24, width: 8, height: 8, pixel: () => 0xff })],
    ['image/tiff', tiff({ bits: 16, samples: 3, sample: (_x, _y, sample) => (sample === 2 ? 65_535 : 0) })],
  ])('are given to %s, too', async (type, picture) => {
    const { status, body } = await ask('POST', '/v1/services/Colors/invoke', picture, { 'content-type': type });
    const { predictions } = JSON.parse(body) as { predictions: readonly { readonly label: string }[] };
    expect([status, predictions[0]?.label]).toEqual([200, 'blue']);
  });

  it('are described on both sockets by the same document', async () => {
    const other = await askSocket(join(folder.path, 'work/admin.sock'), { method: 'GET', path: '/openapi.json' });
    expect(JSON.parse(other.body)).toEqual(document);
  });
});
