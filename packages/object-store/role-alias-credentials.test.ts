import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/clock/fake-clock.ts';
import { TLS } from '../../testing/cloud/tls.ts';
import { roleAliasCredentials } from './role-alias-credentials.ts';

const HOUR_MS = 3_600_000;

describe('roleAliasCredentials', () => {
  let folder: string;
  let server: Server;
  let endpoint: string;
  const clock = new FakeClock();
  const asked: unknown[] = [];
  const file = (name: string): string => path.join(folder, name);
  const source = (changes: object = {}) =>
    roleAliasCredentials({
      clock,
      settings: () => ({
        endpoint,
        certificateFile: file('device.pem'),
        privateKeyFile: file('device.key'),
        authorityFile: file('authority.pem'),
        thingName: 'belt-7',
        ...changes,
      }),
    });

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'role-alias-'));
    await writeFile(file('authority.pem'), TLS.authority);
    await writeFile(file('device.pem'), TLS.device.certificate);
    await writeFile(file('device.key'), TLS.device.key);
    server = createServer(
      { cert: TLS.server.certificate, key: TLS.server.key, ca: TLS.authority, requestCert: true },
      (request, response) => {
        const { subject } = (request.socket as TLSSocket).getPeerCertificate();
        asked.push({ url: request.url, thing: request.headers['x-amzn-iot-thingname'], device: subject.CN });
        const expiration = new Date(clock.now() + HOUR_MS).toISOString();
        const credentials = { accessKeyId: `key ${asked.length}`, secretAccessKey: 's', sessionToken: 't', expiration };
        response.end(JSON.stringify({ credentials }));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `https://localhost:${(server.address() as AddressInfo).port}/role-aliases/EdgeRole/credentials`;
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  it("asks with the thing's certificate and name, and keeps the keys until shortly before they end", async () => {
    const keys = source();
    expect(await keys.get()).toMatchObject({ accessKeyId: 'key 1', secretAccessKey: 's', sessionToken: 't' });
    expect(asked).toEqual([{ url: '/role-aliases/EdgeRole/credentials', thing: 'belt-7', device: 'device' }]);
    await clock.advance(HOUR_MS - 301_000);
    expect((await keys.get()).accessKeyId).toBe('key 1');
    await clock.advance(2_000);
    expect((await keys.get()).accessKeyId).toBe('key 2');
  });

  it('says which file or endpoint is wrong', async () => {
    const reasonOf = (changes: object) => expect(source(changes).get()).rejects;
    await reasonOf({ certificateFile: file('absent.pem') }).toMatchObject({
      code: 'store.no-credentials',
      message: expect.stringContaining('absent.pem') as string,
    });
    await reasonOf({ authorityFile: '' }).toMatchObject({ message: expect.stringContaining('certificate') as string });
    await reasonOf({ endpoint: 'https://localhost:1/x' }).toMatchObject({
      message: expect.stringContaining('https://localhost:1/x gave none') as string,
    });
  });
});
