import { describe, expect, it } from 'vitest';
import { authorizerFor } from './authorization.ts';

const LOGIN = { username: 'admin', password: 'geh:eim' };

describe('authorizerFor', () => {
  it('computes what RFC 7616 (3.9.1) and RFC 2617 (3.5) compute', () => {
    const nonces = () => 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
    const challenge =
      'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", ' +
      'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
    const login = { username: 'Mufasa', password: 'Circle of Life' };
    const authorize = authorizerFor(challenge, login, nonces)!;
    expect(authorize('GET', '/dir/index.html')).toContain(
      'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
    );
    expect(authorize('GET', '/dir/index.html')).toContain('nc=00000002');

    const old =
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
    const mufasa = { username: 'Mufasa', password: 'Circle Of Life' };
    expect(authorizerFor(old, mufasa, () => '0a4f113b')!('GET', '/dir/index.html')).toContain(
      'response="6629fae49393a05397450978507c4ef1"',
    );
  });

  it('takes no scheme that it does not know', () => {
    expect(authorizerFor('Negotiate', LOGIN)).toBeUndefined();
    expect(authorizerFor('', LOGIN)).toBeUndefined();
    expect(authorizerFor('Digest realm="x", nonce="y", algorithm=SHA-512-256', LOGIN)).toBeUndefined();
  });
});
