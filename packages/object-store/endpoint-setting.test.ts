import { describe, expect, it } from 'vitest';
import { endpointProblem } from './endpoint-setting.ts';

const problem = (S3Endpoint: string, S3AllowHttp = false) => endpointProblem({ S3Endpoint, S3AllowHttp });

describe('S3Endpoint', () => {
  it.each(['http://store.local:9000', 'http://10.0.0.7', 'http://127.evil.example', 'http://localhost.example'])(
    'needs S3AllowHttp for %s',
    (endpoint) => {
      expect(problem(endpoint)).toContain('S3AllowHttp');
      expect(problem(endpoint, true)).toBeUndefined();
    },
  );

  it.each([
    '',
    'https://store.example',
    'http://127.0.0.1:9000',
    'http://127.1',
    'http://localhost',
    'http://[::1]:9000',
  ])('may be "%s"', (endpoint) => {
    expect(problem(endpoint)).toBeUndefined();
  });
});
