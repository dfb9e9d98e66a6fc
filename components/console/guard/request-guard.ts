import type { IncomingMessage } from 'node:http';
import { consoleErrors } from '../errors.ts';
import { METRICS } from '../metrics/metrics-routes.ts';
import type { Token } from './token.ts';

export interface GuardRules {
  /** Host names, without port, that a browser may have found the page under. */
  readonly hostNames: ReadonlySet<string>;
  readonly token: Token;
  /** Whether reading needs the token, too. */
  readonly isOpen: boolean;
}

/** The page asks for the settings of all components here. */
export const SETTINGS = '/api/configuration';

/**
 * Refuses requests of another page in the same browser. A name that an attacker makes point to 127.0.0.1 is another Host;
 * a page of theirs that asks here is another Origin, and does not have the token.
 *
 * @throws EdgeError `console.forbidden-host`, `console.forbidden-origin`, `console.token-missing`
 */
export function checkRequest(request: IncomingMessage, { hostNames, token, isOpen }: GuardRules): void {
  const host = hostOf(request);
  // The port is another one behind SSH port forwarding.
  if (!host || !hostNames.has(host.hostname)) {
    const given = request.headers.host ?? '';
    const message = `the page is not served under the name "${given.slice(0, 200)}"`;
    throw consoleErrors.error('console.forbidden-host', message, { facts: { host: given } });
  }
  const { origin, 'sec-fetch-site': site } = request.headers;
  const isForeign = origin !== undefined && origin !== host.origin;
  // A link to the page may be opened from anywhere; the requests of the page itself come from its own origin.
  const isNavigation = request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate';
  if (isForeign || (!isNavigation && site !== undefined && site !== 'same-origin' && site !== 'none')) {
    const from = origin ?? `a page that is ${String(site)}`;
    const message = `${request.method} ${pathOf(request)} was asked for by ${from}, not by this page`;
    throw consoleErrors.error('console.forbidden-origin', message, { facts: { origin: from } });
  }
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const path = pathOf(request);
  // Settings are texts of all kinds; on the disk, only the user of the components reads them.
  const tells = path.startsWith('/api/') || path === METRICS;
  const needsToken = !isRead || path === SETTINGS || (isOpen && tells);
  if (!needsToken || token.isIn(request)) return;
  throw consoleErrors.error('console.token-missing', `${request.method} ${path} needs the token of the console`);
}

function hostOf({ headers: { host } }: IncomingMessage): URL | undefined {
  if (host === undefined || !/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.test(host)) return undefined;
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
}

export function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
