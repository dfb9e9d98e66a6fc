import { maskCredentials } from '#packages/foundation';

const MASK = '***';
/** Names of settings and facts whose values nobody else shall see. */
const SECRET_NAME =
  /pass(word|wd|phrase)?$|pwd|token|secret|credential|authorization|cookie|private.?key|access.?key|session.?key|apikey|api.?key/i;
/** A shorter one would be found in every other word. */
const SHORTEST = 4;

/**
 * Takes secrets out of what leaves the device: values of settings whose names tell, whatever of those values stands elsewhere, written
 * as they are or percent-encoded, and what looks like a secret by itself.
 */
export class Secrets {
  readonly #known = new Set<string>();

  /** Remembers the secrets that a configuration holds, at any depth. */
  learn(value: unknown): void {
    if (typeof value === 'string') return this.#learnText(value);
    if (typeof value !== 'object' || value === null) return;
    for (const [name, child] of Object.entries(value)) {
      if (SECRET_NAME.test(name) && isScalar(child)) this.#add(String(child));
      else this.learn(child);
    }
  }

  /** A configuration, or anything else that is JSON, without secrets. */
  inValue(value: unknown): unknown {
    if (typeof value === 'string') return this.inText(value);
    if (Array.isArray(value)) return value.map((item) => this.inValue(item));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([name, child]) => {
      const isSecret = SECRET_NAME.test(name) && isScalar(child) && String(child) !== '';
      return [name, isSecret ? MASK : this.inValue(child)] as const;
    });
    return Object.fromEntries(entries);
  }

  inText(text: string): string {
    const longestFirst = [...this.#known].sort((a, b) => b.length - a.length);
    const known = longestFirst.reduce((shown, secret) => shown.replaceAll(secret, MASK), text);
    return PATTERNS.reduce((shown, [pattern, by]) => shown.replace(pattern, by), maskCredentials(known));
  }

  /** JSON in a text, and credentials in a URL. */
  #learnText(text: string): void {
    if (/^\s*[{[]/.test(text)) {
      try {
        return this.learn(JSON.parse(text));
      } catch {
        // Text that only begins like JSON.
      }
    }
    const [, authority = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(text) ?? [];
    if (authority.includes(':')) this.#add(authority.slice(authority.indexOf(':') + 1));
    for (const [, value = ''] of text.matchAll(QUERY_VALUE)) this.#add(value);
  }

  #add(secret: string): void {
    for (const form of [secret, decoded(secret), encodeURIComponent(secret)])
      if (form.length >= SHORTEST) this.#known.add(form);
  }
}

const QUERY_VALUE = /[?&][^=&\s]*(?:pass|pwd|token|secret|auth|key)[^=&\s]*=([^&\s#]+)/gi;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, MASK],
  // One line of JSON holds them with escaped line ends.
  [/\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g, MASK],
  [/\b(bearer|basic|digest)\s+[A-Za-z0-9+/=._~-]{8,}/gi, `$1 ${MASK}`],
  [
    /(["']?[\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|authorization|credential|(?:private|access|api)[_-]?key)[\w.-]*["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;}"']+)/gi,
    `$1${MASK}`,
  ],
  // Keys of an AWS account beside their ids: 40 characters of base64.
  [/(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g, MASK],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}/g, MASK],
];

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
