/**
 * The proxy through which the device reaches a host, by the environment variables that ffmpeg reads; undefined: none.
 *
 * @param environment `http_proxy`, and `no_proxy` with names, the ends of names, or `*`, separated by commas or spaces
 */
export function proxyFor(
  host: string,
  { http_proxy: proxy = '', no_proxy: without = '' }: NodeJS.ProcessEnv,
): { readonly host: string; readonly port: number } | undefined {
  if (!/^http:\/\//i.test(proxy) || !URL.canParse(proxy)) return undefined;
  const ends = without.split(/[ ,]+/).map((end) => end.replace(/^\*?\./, '').toLowerCase());
  const name = host.toLowerCase();
  if (ends.some((end) => end === '*' || (end !== '' && (name === end || name.endsWith(`.${end}`))))) return undefined;
  const { hostname, port } = new URL(proxy);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 80 };
}
