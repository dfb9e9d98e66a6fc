import { createHash, randomFillSync } from 'node:crypto';

import { afterEach, describe, expect, it } from 'vitest';

import { Inbox } from '../../../../testing/local-core/inbox.ts';
import { allowAll, ipcRig } from '../../../../testing/local-core/ipc-rig.ts';
import type { Client, IpcRig } from '../../../../testing/local-core/ipc-rig.ts';
import { payloadOf, requestFrame } from '../../../../testing/local-core/raw-client.ts';
import { MAX_FRAME_BYTES, FRAME_TYPE } from '#packages/ipc';

const configuration = { accessControl: allowAll('aws.greengrass.ipc.pubsub') };

let rig: IpcRig;
afterEach(() => rig.close());

const hash = (bytes: ArrayBuffer): string => createHash('sha256').update(new Uint8Array(bytes)).digest('hex');

async function exchange(sizes: readonly number[]): Promise<void> {
  rig = await ipcRig({ app: { configuration } });
  const client: Client = await rig.connect('app');
  const inbox = new Inbox<string>();
  const stream = client.subscribeToTopic({ topic: 'big' });
  stream.on('message', ({ binaryMessage }) => inbox.push(hash(binaryMessage?.message as ArrayBuffer)));
  await stream.activate();

  const sent: string[] = [];
  for (const size of sizes) {
    const bytes = randomFillSync(new Uint8Array(size)).buffer;
    sent.push(hash(bytes));
    await client.publishToTopic({ topic: 'big', publishMessage: { binaryMessage: { message: bytes } } });
  }

  expect(await inbox.take(sizes.length)).toEqual(sent);
}

describe('large messages', () => {
  it('pass unchanged, from one byte to 4 MiB', () => exchange([1, 65_535, 65_536, 1_000_003, 4 * 1024 * 1024]));

  it('pass unchanged up to what the official client can send', () => exchange([18_800_000]));

  it('above 24 MiB end the connection, before the bytes are even there', async () => {
    rig = await ipcRig({ app: { configuration } });
    const client = await rig.connectRaw('app');

    client.send(requestFrame(1, 'aws.greengrass#PublishToTopic', 'x'.repeat(MAX_FRAME_BYTES)));

    const answer = await client.frame(2);
    expect(answer.type).toBe(FRAME_TYPE.protocolError);
    expect(payloadOf(answer)).toMatchObject({ message: expect.stringContaining('25165824 bytes allowed') as string });
    await client.closed;
  });
});
