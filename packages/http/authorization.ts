import { createHash, randomBytes } from 'node:crypto';

/** User and password of a server. */
export interface HttpLogin {
  readonly username: string;
  readonly password: string;
}

/** Answers a server's challenge for one request. @param target path and query of the URL */
export type Authorizer = (method: string, target: string) => string;

/**
 * The answer to a server's 401: Digest if the server offers it (RFC 7616, `qop=auth`), since Basic tells the password
 * to every listener; else Basic (RFC 7617). Undefined if it offers neither.
 *
 * @param challenges value of the header `WWW-Authenticate`
 */
export function authorizerFor(
  challenges: string,
  login: HttpLogin,
  nonceOfClient: () => string = randomNonce,
): Authorizer | undefined {
  const digests = digestChallenges(challenges);
  const digest = ALGORITHMS.flatMap(([name, hash]) =>
    digests
      .filter((challenge) => (challenge.algorithm ?? 'MD5').toUpperCase() === name)
      .map((each) => [each, hash] as const),
  )[0];
  if (digest) return digestAuthorizer(...digest, login, nonceOfClient);
  if (!/(^|,)\s*basic\b/i.test(challenges)) return undefined;
  const token = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  return () => `Basic ${token}`;
}

/** In the order in which they are taken. */
const ALGORITHMS = [
  ['SHA-256', 'sha256'],
  ['MD5', 'md5'],
] as const;

type Parameters = Readonly<Partial<Record<string, string>>>;

function digestAuthorizer(
  { realm = '', nonce = '', qop, opaque, algorithm }: Parameters,
  hashName: string,
  { username, password }: HttpLogin,
  nonceOfClient: () => string,
): Authorizer {
  const hash = (...parts: readonly string[]): string => createHash(hashName).update(parts.join(':')).digest('hex');
  const hasQop = qop?.split(',').some((word) => word.trim() === 'auth') ?? false;
  let count = 0;
  return (method, target) => {
    const nc = String(++count).padStart(8, '0');
    const cnonce = nonceOfClient();
    const [a1, a2] = [hash(username, realm, password), hash(method, target)];
    const response = hasQop ? hash(a1, nonce, nc, cnonce, 'auth', a2) : hash(a1, nonce, a2);
    const quoted = { username, realm, nonce, uri: target, response, ...(opaque === undefined ? {} : { opaque }) };
    const words = [
      ...Object.entries(quoted).map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`),
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
      ...(hasQop ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : []),
    ];
    return `Digest ${words.join(', ')}`;
  };
}

function digestChallenges(header: string): readonly Parameters[] {
  return header
    .split(/(?:^|,)\s*(?=digest\s)/i)
    .filter((part) => /^digest\s/i.test(part))
    .map((part) => {
      const pairs = part.matchAll(/(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g);
      return Object.fromEntries(
        [...pairs].map(([, name = '', quoted, bare]) => [
          name.toLowerCase(),
          quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '',
        ]),
      );
    });
}

function randomNonce(): string {
  return randomBytes(12).toString('hex');
}
