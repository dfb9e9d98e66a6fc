import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#packages/foundation';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { OpenInferenceClient } from '../../../testing/agent/open-inference-client.ts';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { TLS } from '../../../testing/cloud/tls.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { freePort } from '../../../testing/process/free-port.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

const TOKEN = 'a token of the test 0123456789';
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let started: InProcessAgent | undefined;

beforeEach(async () => {
  folder = await temporaryFolder();
  await mkdir(join(folder.path, 'work'));
  const files = { token: TOKEN, 'server.pem': TLS.server.certificate, 'server.key': TLS.server.key };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, 'work', name), text);
});
afterEach(async () => {
  await started?.close();
  started = undefined;
  await folder.remove();
});

/** The agent with a listener that has TLS. */
async function start(settings: object = {}): Promise<InProcessAgent> {
  const nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], {
    OpenInferenceListener: {
      Port: await freePort(),
      TokenFile: 'token',
      CertificateFile: 'server.pem',
      KeyFile: 'server.key',
      ...settings,
    },
  });
  return (started = await startInProcess(join(folder.path, 'work'), nucleus, systemClock));
}

async function get(port: number, options: { readonly ca?: string; readonly authorization?: string }) {
  const { ca, authorization } = options;
  const asked = request({
    host: 'localhost',
    port,
    path: '/v2',
    agent: false,
    ...(ca === undefined ? {} : { ca }),
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: (await json(response)) as object };
}

describe('the listener with a certificate', () => {
  it('answers clients that trust it and have the token, by HTTP and by gRPC on one port', async () => {
    const port = (await start()).agent.openInferencePort ?? 0;
    expect(await get(port, { ca: TLS.authority, authorization: `Bearer ${TOKEN}` })).toMatchObject({
      status: 200,
      body: { name: 'edgeml' },
    });
    expect(await get(port, { ca: TLS.authority })).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: { code: 'open-inference.unauthenticated' },
    });
    const client = new OpenInferenceClient(`localhost:${port}`, `Bearer ${TOKEN}`, TLS.authority);
    expect(await client.call('ServerLive')).toEqual({ live: true });
    client.close();
  });

  it('shows the certificate that is configured, and speaks TLS 1.2 at the least', async () => {
    const port = (await start()).agent.openInferencePort ?? 0;
    await expect(get(port, {})).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    const socket = connect({ host: '127.0.0.1', port, ca: TLS.authority, servername: 'localhost' });
    await once(socket, 'secureConnect');
    expect(socket.getPeerX509Certificate()?.toString()).toBe(TLS.server.certificate);
    socket.destroy();
    const old = connect({ host: '127.0.0.1', port, ca: TLS.authority, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
    await expect(once(old, 'secureConnect')).rejects.toThrow();
  });

  it('does not answer in the clear', async () => {
    const port = (await start()).agent.openInferencePort ?? 0;
    const headers = { authorization: `Bearer ${TOKEN}` };
    await expect(fetch(`http://127.0.0.1:${port}/v2`, { headers })).rejects.toThrow();
  });

  it('leaves the agent well without it if its key is of another certificate, and the health says so', async () => {
    await writeFile(join(folder.path, 'work', 'server.key'), TLS.device.key);
    const { agent, client } = await start();
    expect(agent.openInferencePort).toBeUndefined();
    await agent.restored;
    expect(await client.health()).toMatchObject({
      status: 'degraded',
      incidents: [
        {
          code: 'open-inference.not-listening',
          subject: 'OpenInferenceListener',
          severity: 'error',
          message: expect.stringContaining('CertificateFile and KeyFile cannot be used for TLS') as string,
        },
      ],
    });
  });
});
