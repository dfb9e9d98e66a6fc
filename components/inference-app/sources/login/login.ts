/** User and password of a camera. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * Reads a login as people keep it: a JSON object with `username` and `password`, as AWS Secrets Manager writes it, or
 * one line `user:password`. Undefined for anything else.
 */
export function parseLogin(text: string): Login | undefined {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed.startsWith('{')) return fromJson(trimmed);
  const [line = '', ...more] = trimmed.split(/\r?\n/);
  const colon = line.indexOf(':');
  if (colon < 1 || more.length > 0) return undefined;
  return { username: line.slice(0, colon), password: line.slice(colon + 1) };
}

function fromJson(text: string): Login | undefined {
  try {
    const { username, password } = JSON.parse(text) as Partial<Record<string, unknown>>;
    return typeof username === 'string' && typeof password === 'string' ? { username, password } : undefined;
  } catch {
    // The parser quotes what it read.
    return undefined;
  }
}

/** The URL with this login in place of its own. */
export function withLogin(url: string, { username, password }: Login): string {
  const [start] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(url) ?? [''];
  const rest = url.slice(start.length).replace(/^[^/?#]*@/, '');
  return `${start}${encoded(username)}:${encoded(password)}@${rest}`;
}

/** Forms in which the password may appear in the words of other programs. */
export function secretsOfLogin({ username, password }: Login): readonly string[] {
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  return [password, encoded(password), encodeURIComponent(password), basic].filter((secret) => secret !== '');
}

/** A quote would end the word of the list that ffmpeg reads. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll("'", '%27');
}
