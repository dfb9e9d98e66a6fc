import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { TLS } from '../../../testing/cloud/tls.ts';
import { agentConfiguration } from '../config.ts';
import { listenerSettings } from './open-listener.ts';

const TOKEN = 'sixteen letters!';
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder.path, 'token'), `${TOKEN}\n`);
  await writeFile(join(folder.path, 'short'), 'short');
  await writeFile(join(folder.path, 'server.pem'), TLS.server.certificate);
  await writeFile(join(folder.path, 'server.key'), TLS.server.key);
  await writeFile(join(folder.path, 'device.key'), TLS.device.key);
});
afterAll(() => folder.remove());

/** As the nucleus gives it: text in place of numbers. */
const settings = (given: object) =>
  listenerSettings(agentConfiguration.parse({ OpenInferenceListener: given }).OpenInferenceListener, folder.path);

describe('the settings of the listener', () => {
  it('open none by default', async () => {
    expect(await settings({})).toBeUndefined();
  });

  it('take the token without the line feed behind it, and no other', async () => {
    const listener = await settings({ Port: '8443', TokenFile: 'token' });
    expect(listener?.address).toEqual({ host: '127.0.0.1', port: 8443 });
    expect(() => listener?.authorize(`Bearer ${TOKEN}`)).not.toThrow();
    for (const wrong of [undefined, '', TOKEN, `bearer ${TOKEN}`, `Bearer ${TOKEN}\n`, `Bearer ${TOKEN.slice(1)}`])
      expect(() => listener?.authorize(wrong), wrong).toThrow('the token is missing or wrong');
  });

  it('read certificate and key for every address', async () => {
    const listener = await settings({
      Port: 1,
      Host: '0.0.0.0',
      TokenFile: 'token',
      CertificateFile: 'server.pem',
      KeyFile: 'server.key',
    });
    expect(listener?.address.tls?.cert.toString()).toBe(TLS.server.certificate);
  });

  it.each([
    ['no token', { Port: 1 }, 'OpenInferenceListener.TokenFile is empty'],
    ['a file that is not there', { Port: 1, TokenFile: 'none' }, 'TokenFile names a file that cannot be read'],
    ['a short token', { Port: 1, TokenFile: 'short' }, 'a token of 5 characters; 16 are the least'],
    [
      'an open address in the clear',
      { Port: 1, Host: '0.0.0.0', TokenFile: 'token' },
      'CertificateFile is empty, and 0.0.0.0 is not a loopback address',
    ],
    [
      'a certificate without a key',
      { Port: 1, TokenFile: 'token', CertificateFile: 'server.pem' },
      'OpenInferenceListener.KeyFile is empty',
    ],
    [
      'a file that is not a certificate',
      { Port: 1, TokenFile: 'token', CertificateFile: 'token', KeyFile: 'server.key' },
      'CertificateFile and KeyFile cannot be used for TLS (token): ',
    ],
    [
      'the key of another certificate',
      { Port: 1, TokenFile: 'token', CertificateFile: 'server.pem', KeyFile: 'device.key' },
      'CertificateFile and KeyFile cannot be used for TLS (server.pem): ',
    ],
  ])('refuse %s', async (_what, given, words) => {
    await expect(settings(given)).rejects.toMatchObject({
      code: 'open-inference.listener',
      message: expect.stringContaining(words) as string,
    });
  });
});
