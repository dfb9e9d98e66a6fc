import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';

import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { startCredentialEndpoint } from './credential-endpoint.ts';
import type { CredentialEndpoint } from './credential-endpoint.ts';
import { environmentCredentials, staticCredentials } from './provider.ts';
import type { CredentialProvider } from './provider.ts';

const TOKEN = 'ABCDEFGHIJKLMNOP';
let endpoint: CredentialEndpoint | undefined;
afterEach(() => endpoint?.close());

async function serve(provider: CredentialProvider, clock: FakeClock): Promise<CredentialEndpoint> {
  endpoint = await startCredentialEndpoint({
    componentOfToken: (token) => (token === TOKEN ? 'edgeml.FeedbackUploader' : undefined),
    provider,
    clock,
    log: silentLogger,
  });
  return endpoint;
}

const ask = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, { headers: { Authorization: TOKEN }, ...init });

/** Counts its calls; each result is told apart by its key. */
function countingProvider(clock: FakeClock, lifetimeMs: number) {
  let calls = 0;
  const provider: CredentialProvider = async () => ({
    accessKeyId: `key-${++calls}`,
    secretAccessKey: 's',
    sessionToken: 't',
    expiresAt: clock.now() + lifetimeMs,
  });
  return { provider, calls: () => calls };
}

describe('credential endpoint', () => {
  it('gives a known component what AWS SDKs read', async () => {
    const clock = new FakeClock(Date.UTC(2026, 6, 1));
    const { url } = await serve(staticCredentials(clock, { accessKeyId: 'AKIA' }), clock);

    const response = await ask(url);

    expect(url).toMatch(/^http:\/\/localhost:\d+\/2016-11-01\/credentialprovider\/$/);
    expect(await response.json()).toEqual({
      AccessKeyId: 'AKIA',
      SecretAccessKey: 'local-core-secret',
      Token: 'local-core-session',
      Expiration: '2026-07-01T01:00:00.000Z',
    });
  });

  it.each([
    ['an unknown token', '', { headers: { Authorization: 'other' } }, 403],
    ['no token', '', { headers: {} }, 403],
    ['another method', '', { method: 'POST', headers: { Authorization: TOKEN } }, 405],
    ['another path', 'x', { headers: { Authorization: TOKEN } }, 400],
  ])('refuses %s', async (_case, suffix, init, status) => {
    const clock = new FakeClock();
    const { url } = await serve(staticCredentials(clock), clock);

    expect((await ask(url + suffix, init)).status).toBe(status);
  });

  it('keeps credentials until five minutes before they expire', async () => {
    const clock = new FakeClock();
    const { provider, calls } = countingProvider(clock, 600_000);
    const { url } = await serve(provider, clock);
    await ask(url);
    await clock.advance(299_000);
    await ask(url);
    expect(calls()).toBe(1);

    await clock.advance(1_000);
    const renewed = await ask(url);

    expect(calls()).toBe(2);
    expect(await renewed.json()).toMatchObject({ AccessKeyId: 'key-2' });
  });

  it('fetches once for callers that come together', async () => {
    const clock = new FakeClock();
    const { provider, calls } = countingProvider(clock, 600_000);
    const { url } = await serve(provider, clock);

    const responses = await Promise.all(Array.from({ length: 5 }, () => ask(url)));

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(calls()).toBe(1);
  });

  it('says why the provider failed, and asks it again next time', async () => {
    const clock = new FakeClock();
    const environment: Record<string, string> = { AWS_ACCESS_KEY_ID: 'AKIA' };
    const { url } = await serve(environmentCredentials(clock, environment), clock);
    const failed = await ask(url);

    environment['AWS_SECRET_ACCESS_KEY'] = 'secret';
    const answered = await ask(url);

    expect(failed.status).toBe(500);
    expect(await failed.text()).toContain('AWS_SECRET_ACCESS_KEY is not set');
    expect(await answered.json()).toMatchObject({ AccessKeyId: 'AKIA', SecretAccessKey: 'secret', Token: '' });
  });

  it('answers 504 when the provider takes too long, and asks it again for the next', async () => {
    const clock = new FakeClock();
    let asked = (): void => undefined;
    const called = new Promise<void>((resolve) => (asked = resolve));
    const working = staticCredentials(clock);
    let calls = 0;
    const { url } = await serve((signal) => {
      asked();
      return calls++ === 0 ? new Promise(() => undefined) : working(signal);
    }, clock);

    const response = ask(url);
    await called;
    await clock.advance(30_000);

    expect((await response).status).toBe(504);
    expect((await ask(url)).status).toBe(200);
  });

  it('closes while a fetch hangs, and again', async () => {
    const clock = new FakeClock();
    let asked = (): void => undefined;
    const called = new Promise<void>((resolve) => (asked = resolve));
    const served = await serve(() => {
      asked();
      return new Promise(() => undefined);
    }, clock);
    const response = ask(served.url).catch(() => 'cut');
    await called;

    await served.close();
    await served.close();

    expect(await response).toBe('cut');
  });
});
