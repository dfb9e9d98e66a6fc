const KEY = 'edgeml-token';

/** Takes the token out of the address, where `npm start` puts it, so that it is in no bookmark and on no screenshot. */
export function takeToken(): void {
  const [, token] = /^#token=(\S+)$/.exec(location.hash) ?? [];
  if (token === undefined) return;
  setToken(decodeURIComponent(token));
  history.replaceState(null, '', `${location.pathname}#/live`);
}

export function setToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

/** Headers of every request. */
export function tokenHeaders(): Record<string, string> {
  const token = sessionStorage.getItem(KEY);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}
