/** A request to an HTTP proxy. */
export interface ProxyRequest {
  readonly method: string;
  /** Without brackets; undefined if the request does not name one that can be asked. */
  readonly host: string | undefined;
  readonly port: number;
  /** The head of the request, for another proxy. */
  readonly asGiven: Buffer;
  /** The same, as a server takes it. */
  readonly forServer: Buffer;
  /** Bytes that follow the head. */
  readonly rest: Buffer;
}

const END = '\r\n\r\n';

/** The head of a request at the start of `bytes`; undefined if it is not there to its end. */
export function readRequest(bytes: Buffer): ProxyRequest | undefined {
  const end = bytes.indexOf(END);
  if (end === -1) return undefined;
  const head = bytes.subarray(0, end + END.length);
  const [, method = '', scheme, authority = '', path = ''] =
    /^([A-Z]+) (http:\/\/)?([^/?# \r\n]*)(\S*) HTTP\/1\.[01]\r\n/i.exec(head.toString('latin1')) ?? [];
  const isTunnel = method === 'CONNECT';
  const url = `http://${authority}`;
  const isWhole = isTunnel ? path === '' : scheme !== undefined;
  const target = isWhole && URL.canParse(url) ? new URL(url) : undefined;
  const origin = path.startsWith('/') ? path : `/${path}`;
  return {
    method,
    host: target?.hostname.replace(/^\[|\]$/g, ''),
    port: Number(target?.port) || 80,
    asGiven: head,
    forServer: Buffer.from(
      head.toString('latin1').replace(/^(\S+) \S+/, (_all, word) => `${word} ${origin}`),
      'latin1',
    ),
    rest: bytes.subarray(end + END.length),
  };
}
