import { maskCredentials } from '#packages/foundation';

/** A URL as logs and errors may show it: user, password and what looks like one in its query are `***`. */
export function shownUrl(url: string): string {
  return maskCredentials(url);
}

/** Removes from a text whatever of the URL's credentials others may have put into it, decoded or not. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const longestFirst = secrets.filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  return maskCredentials(longestFirst.reduce((shown, secret) => shown.replaceAll(secret, '***'), text));
}

/** Password and query values of the URL, as written and decoded. User names alone are not secret. */
export function secretsOf(url: string): readonly string[] {
  const [, authority = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(url) ?? [];
  const password = authority.includes(':') ? authority.slice(authority.indexOf(':') + 1) : '';
  const query = [...url.matchAll(SECRET_VALUE)].map(([, value]) => value ?? '');
  return [authority, password, ...query].flatMap((secret) => (secret === '' ? [] : [secret, decoded(secret)]));
}

const SECRET_VALUE = /[?&][^=&\s]*(?:pass|pwd|token|secret|auth|key)[^=&\s]*=([^&\s#]+)/gi;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
