import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { StuckStream } from '../../../testing/ipc/stuck-stream.ts';
import { errorOf, runHere } from '../../../testing/package/in-process.ts';

const { sdk } = vi.hoisted(() => ({ sdk: { subscribeToTopic: (): unknown => undefined } }));
vi.mock('aws-iot-device-sdk-v2/dist/greengrasscoreipc.js', () => ({
  createDefaultClientConfig: () => ({}),
  createClient: () => ({ ...sdk, connect: async () => undefined, on: () => undefined, close: async () => undefined }),
}));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
  await mkdir(path.join(folder.path, 'cli_ipc_info'));
  const info = { cli_auth_token: 'x', domain_socket_path: path.join(folder.path, 'ipc.socket') };
  await writeFile(path.join(folder.path, 'cli_ipc_info/user-0'), JSON.stringify(info));
});
afterEach(() => folder.remove());

describe('edgeml local sub', () => {
  it('says at once that the nucleus refuses, although the SDK never closes the stream', async () => {
    const refusal = Object.assign(new Error('refused'), { serviceError: { _errorCode: 'UnauthorizedError' } });
    sdk.subscribeToTopic = () => new StuckStream(refusal);
    const outcome = await runHere(['local', 'sub', 'a/b', '--json', '--root', folder.path]);
    expect(outcome.code).toBe(1);
    expect(errorOf(outcome)).toMatchObject({ code: 'cli.refused', message: 'subscribing to a/b: UnauthorizedError' });
  });
});
