/** Hosts that a source may talk to: that of its URL, and those of its settings. */
export class AllowedHosts {
  readonly #names: readonly string[];

  /** @param more names or addresses; `*.example.com` stands for every host below it */
  constructor(url: string, more: readonly string[]) {
    this.#names = [hostOf(url), ...more.map((name) => name.toLowerCase())];
  }

  /** @param host name or address, without a port */
  has(host: string): boolean {
    const name = bare(host);
    return this.#names.some((allowed) =>
      allowed.startsWith('*.') ? name.endsWith(allowed.slice(1)) : bare(allowed) === name,
    );
  }
}

/** Host of a URL of any scheme, as it is written; empty if it does not have one. */
export function hostOf(url: string): string {
  const [, host = ''] = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?(\[[^\]]*\]|[^/?#:]*)/i.exec(url) ?? [];
  return host;
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
