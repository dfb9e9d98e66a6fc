import { describe, expect, it } from 'vitest';
import { Secrets } from './secrets.ts';

const secrets = (configuration: object = {}): Secrets => {
  const found = new Secrets();
  found.learn(configuration);
  return found;
};

describe('Secrets', () => {
  it('takes the values of settings whose names tell out of a configuration, and leaves the rest', () => {
    const configuration = {
      Sources: {
        gate: { Url: 'rtsp://admin:gehe%40im1@10.0.0.7/1', Username: 'admin', Password: 'geheim2', NoFrameSeconds: 15 },
      },
      TrustedKeys: { factory: 'MCowBQYDK2VwAyEA' },
      Map: '{"a": {"apiKey": "geheim3"}}',
      S3SecretAccessKey: '',
    };
    expect(secrets(configuration).inValue(configuration)).toEqual({
      Sources: { gate: { Url: 'rtsp://***@10.0.0.7/1', Username: 'admin', Password: '***', NoFrameSeconds: 15 } },
      TrustedKeys: { factory: 'MCowBQYDK2VwAyEA' },
      Map: '{"a": {"apiKey": ***}}',
      S3SecretAccessKey: '',
    });
  });

  it('finds the same secrets in any text, decoded or not', () => {
    const found = secrets({ Url: 'rtsp://admin:gehe%40im1@10.0.0.7/1', Password: 'geheim2' });
    expect(found.inText('user said gehe@im1, then gehe%40im1, then geheim2!')).toBe(
      'user said ***, then ***, then ***!',
    );
  });

  it.each([
    'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    'key id AKIAIOSFODNN7EXAMPLE and ASIAQWERTYUIOPASDFGH',
    'a lone wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY in a line',
    'Authorization: Bearer abcdefghijklmnop',
    '"cli_auth_token":"abcdefgh"',
    'GET http://cam/snap.jpg?usr=a&pwd=geheim&size=2',
    '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nabc\n-----END EC PRIVATE KEY-----',
    'jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.dozjgNryP4J3jVmNHl0w5N',
  ])('masks %j by its looks', (text) => {
    const shown = secrets().inText(text);
    expect(shown).toContain('***');
    expect(shown).not.toMatch(/wJalr|AKIAIOS|ASIAQWE|abcdefgh|geheim|MHcCAQEE|dozjgNry/);
  });

  it('leaves digests, times and paths as they are', () => {
    const text = `sha256 ${'0f'.repeat(32)} at 2026-01-01T00:00:00Z in /greengrass/v2/work/edgeml.InferenceAgent/models`;
    expect(secrets().inText(text)).toBe(text);
  });
});
