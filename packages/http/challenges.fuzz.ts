import { ok } from 'node:assert';
import type { FuzzTarget } from '../../testing/fuzz/fuzz-target.ts';
import { authorizerFor } from './authorization.ts';

const LOGIN = { username: 'viewer', password: 'a-password-of-the-test' };
/** Node.js takes no longer headers. */
const MAX_HEADER = 16_384;

const target: FuzzTarget = {
  about: 'challenges of cameras for a login: WWW-Authenticate',
  dictionary: [
    'Digest ',
    'Basic ',
    'realm=',
    'nonce="',
    'qop="auth,auth-int"',
    'algorithm=SHA-256',
    'opaque=',
    '\\"',
    ', ',
  ],
  seeds: () =>
    [
      'Basic realm="camera"',
      'Digest realm="camera", nonce="abc", qop="auth", opaque="x", algorithm=SHA-256, Digest realm="camera", nonce="def"',
    ].map((text) => Uint8Array.from(Buffer.from(text))),
  run(bytes) {
    const header = Buffer.from(bytes.subarray(0, MAX_HEADER)).toString('latin1');
    const said = authorizerFor(header, LOGIN, () => 'nonce')?.('GET', '/picture?a="b"');
    if (said === undefined) return;
    ok(/^(Basic|Digest) /.test(said), said);
    ok(!said.includes(LOGIN.password), `it tells the password: ${said}`);
  },
};
export default target;
