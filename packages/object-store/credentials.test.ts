import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/clock/fake-clock.ts';
import { tokenExchangeCredentials } from './credentials.ts';

const HOUR_MS = 3_600_000;

describe('tokenExchangeCredentials', () => {
  let uri: string;
  let server: http.Server;
  const clock = new FakeClock();
  const asked: (string | undefined)[] = [];
  let status = 200;

  beforeAll(async () => {
    server = http.createServer((request, response) => {
      asked.push(request.headers.authorization);
      const body = {
        AccessKeyId: `key ${asked.length}`,
        SecretAccessKey: 'secret',
        Token: 'session',
        Expiration: new Date(clock.now() + HOUR_MS).toISOString(),
      };
      response.writeHead(status).end(status === 200 ? JSON.stringify(body) : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/2016-11-01/credentialprovider/`;
  });
  afterAll(() => server.close());

  it('keeps keys until shortly before they end, renews them then, and serves old ones while it must', async () => {
    const source = tokenExchangeCredentials({ uri, token: 'svcuid', clock });
    const [one, same] = await Promise.all([source.get(), source.get()]);
    expect(one).toMatchObject({ accessKeyId: 'key 1', secretAccessKey: 'secret', sessionToken: 'session' });
    expect(same).toBe(one);
    expect(asked).toEqual(['svcuid']);

    await clock.advance(HOUR_MS - 301_000);
    expect((await source.get()).accessKeyId).toBe('key 1');
    await clock.advance(2_000);
    expect((await source.get()).accessKeyId).toBe('key 2');

    status = 500;
    await clock.advance(HOUR_MS - 10_000);
    expect((await source.get()).accessKeyId).toBe('key 2');
    await clock.advance(20_000);
    await expect(source.get()).rejects.toMatchObject({
      code: 'store.no-credentials',
      facts: { fault: 'moment', nothingSent: true },
    });
    status = 200;
    expect((await source.get()).accessKeyId).toMatch(/^key/);
  });

  it('asks again after the store called the keys expired', async () => {
    const source = tokenExchangeCredentials({ uri, token: 'svcuid', clock });
    const before = await source.get();
    source.invalidate();
    expect((await source.get()).accessKeyId).not.toBe(before.accessKeyId);
  });

  it('asks where it was told to, again each time, and then where the nucleus said', async () => {
    const place: { endpoint?: { uri: string; token: string } } = {};
    const source = tokenExchangeCredentials({
      uri: undefined,
      token: undefined,
      announced: async () => place.endpoint,
      clock,
    });
    await expect(source.get()).rejects.toMatchObject({ code: 'store.no-credentials' });
    place.endpoint = { uri, token: 'handed' };
    await source.get();
    expect(asked.at(-1)).toBe('handed');

    const gone = { uri: 'http://127.0.0.1:9/2016-11-01/credentialprovider/', token: 'old' };
    const both = tokenExchangeCredentials({ uri, token: 'svcuid', announced: async () => gone, clock });
    await both.get();
    expect(asked.at(-1)).toBe('svcuid');
  });

  it('says what to deploy where the nucleus gave no address', async () => {
    const source = tokenExchangeCredentials({ uri: undefined, token: 'svcuid', clock });
    await expect(source.get()).rejects.toMatchObject({
      code: 'store.no-credentials',
      message: 'no credentials for the store: AWS_CONTAINER_CREDENTIALS_FULL_URI is not set',
      todo: expect.stringContaining('aws.greengrass.TokenExchangeService') as string,
    });
  });
});
