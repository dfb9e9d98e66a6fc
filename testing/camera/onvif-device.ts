import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface OnvifDeviceOptions {
  /** In the answer to a probe. */
  readonly name?: string;
  readonly streamUri: string;
  readonly login?: { readonly username: string; readonly password: string };
  /** How the device wants to be told the login. Default: `token`, in SOAP; `digest` by HTTP. */
  readonly asks?: 'token' | 'digest';
  /** Its clock may be wrong; a token must be fresh by it. Default: 0. */
  readonly clockAheadMs?: number;
  /** `old` does not know GetServices, `new` has Media 2 alone. Default: `usual`. */
  readonly age?: 'old' | 'usual' | 'new';
  /** Host and port in the addresses of services and in answers to probes. Default: its own. */
  readonly claims?: string;
  /** An answer of its own to one request. */
  readonly answer?: (action: string, response: ServerResponse) => boolean;
  /** An answer of its own to a probe. */
  readonly answerProbe?: (messageId: string) => string;
}

export interface OnvifDevice {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** Requests that came, by name; those that were refused too. */
  readonly asked: readonly string[];
  /** Idempotent. */
  stop(): Promise<void>;
}

const GROUP = '239.255.255.250';
const TOKEN_AGE_MS = 5_000;
const REALM = 'camera';
const NONCE = 'c2FsdA';

/** A camera that speaks ONVIF on the loopback interface: WS-Discovery by multicast, device and media service over HTTP. */
export async function startOnvifDevice(options: OnvifDeviceOptions): Promise<OnvifDevice> {
  const asked: string[] = [];
  const server = createServer((request, response) => void serve(request, response, options, asked));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const socket = await answerProbes(options, host);
  return {
    host,
    asked,
    async stop() {
      if (!server.listening) return;
      socket.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answerProbes(
  { name = 'A camera', claims, answerProbe }: OnvifDeviceOptions,
  host: string,
): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(3702);
  await once(socket, 'listening');
  socket.addMembership(GROUP, '127.0.0.1');
  socket.on('message', (message, from) => {
    const [, id = ''] = /MessageID>([^<]+)</.exec(message.toString()) ?? [];
    if (!message.includes('NetworkVideoTransmitter')) return;
    const match =
      '<d:EndpointReference><a:Address>urn:uuid:1419d68a-1dd2-11b2-a105-000000000000</a:Address></d:EndpointReference>' +
      `<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/${encodeURIComponent(name)} onvif://www.onvif.org/hardware/M1</d:Scopes>` +
      `<d:XAddrs>http://${claims ?? host}/onvif/device_service</d:XAddrs>`;
    const answer =
      answerProbe?.(id) ?? probeMatch(id, `<d:ProbeMatches><d:ProbeMatch>${match}</d:ProbeMatch></d:ProbeMatches>`);
    socket.send(answer, from.port, from.address);
  });
  return socket;
}

/** An answer to a probe. */
export function probeMatch(id: string, body: string): string {
  return (
    '<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" ' +
    `xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header><a:RelatesTo>${id}</a:RelatesTo></e:Header><e:Body>${body}</e:Body></e:Envelope>`
  );
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: OnvifDeviceOptions,
  asked: string[],
): Promise<void> {
  const body = await text(request);
  const [, action = ''] = /<(?:\w+:)?Body>\s*<(?:\w+:)?(\w+)/.exec(body) ?? [];
  asked.push(action);
  if (options.answer?.(action, response)) return;
  if (action !== 'GetSystemDateAndTime' && options.login && !isAllowed(request, body, options)) {
    if (options.asks === 'digest') {
      const challenge = (algorithm: string) =>
        `Digest realm="${REALM}", qop="auth", algorithm=${algorithm}, nonce="${NONCE}"`;
      return void response.writeHead(401, { 'www-authenticate': [challenge('MD5'), challenge('SHA-256')] }).end();
    }
    return sendFault(response, 'NotAuthorized', 'Sender not authorized');
  }
  const answer = answerTo(action, body, `http://${options.claims ?? request.headers.host}`, options);
  if (answer === undefined) return sendFault(response, 'ActionNotSupported', 'Optional Action Not Implemented');
  sendSoap(response, 200, `<r:${action}Response xmlns:r="http://www.onvif.org">${answer}</r:${action}Response>`);
}

function answerTo(action: string, body: string, origin: string, options: OnvifDeviceOptions): string | undefined {
  const { age = 'usual', streamUri, clockAheadMs = 0 } = options;
  const hasMedia2 = body.includes('/ver20/media/wsdl');
  switch (action) {
    case 'GetSystemDateAndTime': {
      const now = new Date(Date.now() + clockAheadMs);
      const date = `<t:Date><t:Year>${now.getUTCFullYear()}</t:Year><t:Month>${now.getUTCMonth() + 1}</t:Month><t:Day>${now.getUTCDate()}</t:Day></t:Date>`;
      const time = `<t:Time><t:Hour>${now.getUTCHours()}</t:Hour><t:Minute>${now.getUTCMinutes()}</t:Minute><t:Second>${now.getUTCSeconds()}</t:Second></t:Time>`;
      return `<r:SystemDateAndTime xmlns:t="urn:t"><t:UTCDateTime>${time}${date}</t:UTCDateTime></r:SystemDateAndTime>`;
    }
    case 'GetServices': {
      if (age === 'old') return undefined;
      const version = age === 'new' ? 'ver20' : 'ver10';
      const service = (namespace: string, path: string): string =>
        `<r:Service><r:Namespace>http://www.onvif.org/${namespace}/wsdl</r:Namespace><r:XAddr>${origin}${path}</r:XAddr></r:Service>`;
      return service('ver10/device', '/onvif/device_service') + service(`${version}/media`, '/onvif/media?a=1&amp;b=2');
    }
    case 'GetCapabilities':
      return `<r:Capabilities><t:Media xmlns:t="urn:t"><t:XAddr>${origin}/onvif/media?a=1&amp;b=2</t:XAddr></t:Media></r:Capabilities>`;
    case 'GetProfiles': {
      const encoder = hasMedia2
        ? '<r:Configurations><r:VideoEncoder/></r:Configurations>'
        : '<r:VideoEncoderConfiguration/>';
      return `<r:Profiles token="sound"/><r:Profiles token="main &amp; &lt;1.0&gt;">${encoder}</r:Profiles><r:Profiles token="sub">${encoder}</r:Profiles>`;
    }
    case 'GetStreamUri': {
      if (!body.includes('<ProfileToken>main &amp; &lt;1.0&gt;</ProfileToken>')) return '';
      const uri = streamUri.replaceAll('&', '&amp;');
      return hasMedia2 ? `<r:Uri>${uri}</r:Uri>` : `<r:MediaUri><t:Uri xmlns:t="urn:t">${uri}</t:Uri></r:MediaUri>`;
    }
    default:
      return undefined;
  }
}

function isAllowed(request: IncomingMessage, body: string, options: OnvifDeviceOptions): boolean {
  return options.asks === 'digest' ? hasDigest(request, options) : hasToken(body, options);
}

function hasToken(body: string, { login, clockAheadMs = 0 }: OnvifDeviceOptions): boolean {
  const of = (name: string): string => new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([^<]*)<`).exec(body)?.[1] ?? '';
  const created = of('Created');
  const isFresh = Math.abs(Date.parse(created) - Date.now() - clockAheadMs) < TOKEN_AGE_MS;
  const hash = createHash('sha1').update(Buffer.from(of('Nonce'), 'base64'));
  const digest = hash.update(Buffer.from(created + login!.password, 'utf8')).digest('base64');
  const username = of('Username').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  return isFresh && username === login!.username && of('Password') === digest;
}

/** RFC 7616: SHA-256 was offered, so MD5 is refused. */
function hasDigest({ headers, url }: IncomingMessage, { login }: OnvifDeviceOptions): boolean {
  const { authorization = '' } = headers;
  const of = (name: string): string => new RegExp(`\\b${name}="?([^",]*)`).exec(authorization)?.[1] ?? '';
  const hash = (...parts: readonly string[]): string => createHash('sha256').update(parts.join(':')).digest('hex');
  const [a1, a2] = [hash(login!.username, REALM, login!.password), hash('POST', url!)];
  return of('response') === hash(a1, NONCE, of('nc'), of('cnonce'), 'auth', a2);
}

function sendFault(response: ServerResponse, subcode: string, reason: string): void {
  const code = `<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:${subcode}</s:Value></s:Subcode></s:Code>`;
  sendSoap(response, 400, `<s:Fault>${code}<s:Reason><s:Text xml:lang="en">${reason}</s:Text></s:Reason></s:Fault>`);
}

function sendSoap(response: ServerResponse, status: number, body: string): void {
  const envelope = `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${body}</s:Body></s:Envelope>`;
  response.writeHead(status, { 'content-type': 'application/soap+xml' }).end(envelope);
}
