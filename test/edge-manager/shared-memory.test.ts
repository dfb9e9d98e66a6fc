import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { bytesOf, floatsOf, rawBytes } from '../../testing/edge-manager/client.ts';
import type { EdgeClient } from '../../testing/edge-manager/client.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { bareModel, identity } from '../../testing/edge-manager/models.ts';
import { SharedSegment } from '../../testing/edge-manager/shared-segment.ts';

describe.skipIf(process.platform !== 'linux')('Predict over System V shared memory', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let agent: EdgeAgent;
  let client: EdgeClient;
  const segments: SharedSegment[] = [];
  const values = Float32Array.from({ length: 12 }, (_, n) => n + 0.5);

  beforeAll(async () => {
    folder = await temporaryFolder();
    agent = await EdgeAgent.start(folder.path);
    client = agent.client();
    const url = await bareModel(path.join(folder.path, 'model'), identity('float32', ['n', 3, 4]));
    await client.call('LoadModel', { url, name: 'echo' });
  });
  afterEach(() => segments.splice(0).forEach((segment) => segment.remove()));
  afterAll(async () => {
    await agent.stop();
    await folder.remove();
  });

  function segment(bytes: Uint8Array, mode?: number): SharedSegment {
    const made = new SharedSegment(bytes, mode);
    segments.push(made);
    return made;
  }

  const metadata = { name: bytesOf('input'), data_type: 'FLOAT32', shape: [1, 3, 4] };
  const predict = (
    handle: { readonly size?: number; readonly offset?: number; readonly segment_id: number },
    given: object | undefined = metadata,
  ) =>
    client.call('Predict', {
      name: 'echo',
      tensors: [{ ...(given ? { tensor_metadata: given } : {}), shared_memory_handle: handle }],
    });

  it('row 81: takes the size from shape and type if it is 0, from the start', async () => {
    const { id } = segment(rawBytes(values));
    const { tensors } = await predict({ segment_id: id });
    expect(tensors[0]?.tensor_metadata.shape).toEqual([1, 3, 4]);
    expect([...floatsOf(tensors[0]!)]).toEqual([...values]);
  });

  it.each([4, 7, 4096])('row 81: reads from the offset %i, with and without a size', async (offset) => {
    const bytes = new Uint8Array(offset + values.byteLength + 100).fill(0xee);
    bytes.set(rawBytes(values), offset);
    const { id } = segment(bytes, 0o444);
    for (const size of [0, values.byteLength]) {
      const { tensors } = await predict({ segment_id: id, offset, size });
      expect([...floatsOf(tensors[0]!)]).toEqual([...values]);
    }
  });

  it('row 81: takes a tensor without metadata: shape and type are the model’s', async () => {
    const { id } = segment(rawBytes(values));
    const { tensors } = await predict({ segment_id: id }, undefined);
    expect([...floatsOf(tensors[0]!)]).toEqual([...values]);
  });

  it('reads the same segment again after the client has changed it', async () => {
    const { id } = segment(rawBytes(values));
    for (let times = 0; times < 20; times++) await predict({ segment_id: id });
    const answers = await Promise.all(Array.from({ length: 20 }, () => predict({ segment_id: id })));
    for (const { tensors } of answers) expect([...floatsOf(tensors[0]!)]).toEqual([...values]);
  });

  it.each([0o600, 0o666, 0o440 | 0o002, 0o420])(
    'row 82: refuses a segment that somebody may write (mode %o)',
    async (mode) => {
      const { id } = segment(rawBytes(values), mode);
      await expect(predict({ segment_id: id })).rejects.toMatchObject({
        code: 3,
        details: expect.stringMatching(
          new RegExp(`mode 0${mode.toString(8)}; only segments that nobody may write`),
        ) as string,
      });
    },
  );

  it.each([
    ['a size beyond the end', { size: 48, offset: 52 }, /48 bytes at offset 52 are not all in it/],

    ['an offset far beyond the end', { offset: 2 ** 52 }, /are not all in it/],
    ['a size that is not the tensor’s', { size: 44 }, /has 44 bytes, but \[1, 3, 4\] of FLOAT32 are 48 bytes/],
  ])('refuses %s', async (_what, handle, details) => {
    const { id } = segment(rawBytes(values));
    await expect(predict({ segment_id: id, ...handle })).rejects.toMatchObject({
      code: 3,
      details: expect.stringMatching(details) as string,
    });
  });

  it('refuses a shape that the segment does not hold, before it takes memory for it', async () => {
    const { id } = segment(rawBytes(values));
    await expect(predict({ segment_id: id }, { ...metadata, shape: [20_000_000, 3, 4] })).rejects.toMatchObject({
      code: 3,
      details: expect.stringMatching(/has 48 bytes; 960000000 bytes at offset 0/) as string,
    });
  });

  it('refuses what is not a segment', async () => {
    const gone = new SharedSegment(rawBytes(values));
    gone.remove();
    for (const segment_id of [gone.id, 2 ** 40, 0x7fffffff]) {
      await expect(predict({ segment_id })).rejects.toMatchObject({
        code: 3,
        details: expect.stringMatching(/there is no shared memory segment/) as string,
      });
    }
  });
});
