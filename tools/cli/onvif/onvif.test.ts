import type { ServerResponse } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { probeMatch, startOnvifDevice } from '../../../testing/camera/onvif-device.ts';
import type { OnvifDevice, OnvifDeviceOptions } from '../../../testing/camera/onvif-device.ts';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { runHere } from '../../../testing/package/in-process.ts';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { cameraIn } from './camera-in.ts';
import type { FoundCamera } from './camera-in.ts';
import { discoverCameras } from './discover-cameras.ts';
import { streamAddress } from './stream-address.ts';

const LOGIN = { username: 'R&D <gate>', password: 'geheim, größer' };
const STREAM = 'rtsp://127.0.0.1:8554/main?channel=1&subtype=0';
/** `lo` on Linux. */
const [LOOPBACK = ''] = Object.entries(networkInterfaces())
  .filter(([, addresses]) => addresses?.some(({ internal }) => internal))
  .map(([name]) => name);
const YEAR_MS = 365 * 86_400_000;

const devices: OnvifDevice[] = [];
afterEach(() => Promise.all(devices.splice(0).map((device) => device.stop())));

async function device(options: Partial<OnvifDeviceOptions> = {}): Promise<OnvifDevice> {
  const started = await startOnvifDevice({ streamUri: STREAM, ...options });
  devices.push(started);
  return started;
}

const ask = ({ host }: OnvifDevice, login: typeof LOGIN | undefined, clock?: FakeClock): Promise<string> =>
  streamAddress(`onvif://${host}`, { login, signal: AbortSignal.timeout(PATIENCE_MS), ...(clock ? { clock } : {}) });

describe('streamAddress', () => {
  it('tells the stream of the first profile with video', async () => {
    expect(await ask(await device(), undefined)).toBe(STREAM);
  });

  it.each<[string, Partial<OnvifDeviceOptions>]>([
    ['a token in SOAP, by the clock of the camera', { clockAheadMs: -YEAR_MS }],
    ['digest authentication by HTTP', { asks: 'digest' }],
    ['a token, to a camera that does not have GetServices', { age: 'old' }],
    ['a token, to a camera that has Media 2 alone', { age: 'new' }],
  ])('shows its login by %s', async (_how, options) => {
    const camera = await device({ login: LOGIN, ...options });
    expect(await ask(camera, LOGIN)).toBe(STREAM);
    await expect(ask(camera, { ...LOGIN, password: 'another' })).rejects.toThrow(/^it refuses/);
    await expect(ask(camera, undefined)).rejects.toThrow(/^it refuses/);
  });

  it('asks nobody but the camera, whatever addresses its services have', async () => {
    const other = await device();
    const camera = await device({ claims: other.host });
    expect(await ask(camera, undefined)).toBe(STREAM);
    expect(other.asked).toEqual([]);
  });

  it.each([
    ['another host', 'rtsp://192.0.2.1/main', 'it names a stream on another host, 192.0.2.1, which is not asked'],
    ['a user of another host', 'rtsp://127.0.0.1@192.0.2.1/main', 'it names a stream on another host, 192.0.2.1'],
    ['a file', 'file:///etc/passwd', 'its stream is at "file:///etc/passwd"'],
    ['nothing', '', 'its stream is at ""'],
    ['control characters', 'x\u009b31m', 'its stream is at "x 31m"'],
  ])('refuses a stream at %s', async (_where, streamUri, said) => {
    await expect(ask(await device({ streamUri }), LOGIN)).rejects.toThrow(said);
  });

  it('takes the login out of the address of the stream', async () => {
    expect(await ask(await device({ streamUri: 'rtsp://a:b@127.0.0.1/main' }), undefined)).toBe(
      'rtsp://127.0.0.1/main',
    );
  });

  const envelope = (body: string, type = ''): string =>
    `<?xml version="1.0"?>${type}<s:Envelope xmlns:s="urn:s"><s:Body>${body}</s:Body></s:Envelope>`;
  it.each([
    ['entities', envelope('<A>&b;</A>', '<!DOCTYPE a [<!ENTITY b "&c;&c;">]>'), 'it has a document type'],
    [
      'files',
      envelope('<A>&b;</A>', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'),
      'it has a document type',
    ],
    ['an entity that is not there', envelope('<A>&b;</A>'), 'Invalid character entity'],
    ['depth', envelope('<a>'.repeat(100_000)), 'nested more than 64 deep'],
    ['elements', envelope('<a/>'.repeat(200_000)), 'more than 100000 elements'],
    ['megabytes', envelope(`<a>${'b'.repeat(5_000_000)}</a>`), 'more than 4000000 bytes'],
    ['something else', 'Welcome', 'the XML is refused'],
    ['nothing', '', 'the XML is refused'],
  ])('refuses an answer of %s', async (_what, text, said) => {
    const answer = (_action: string, response: ServerResponse): boolean => Boolean(response.end(text));
    await expect(ask(await device({ answer }), LOGIN)).rejects.toThrow(said);
  });

  it('follows no redirect', async () => {
    const other = await device();
    const location = `http://${other.host}/onvif/device_service`;
    const answer = (_action: string, response: ServerResponse): boolean =>
      Boolean(response.writeHead(307, { location }).end());
    await expect(ask(await device({ answer }), LOGIN)).rejects.toThrow('it redirects (307), which is not followed');
    expect(other.asked).toEqual([]);
  });

  it('tells no password to a camera that asks for it in the clear', async () => {
    let authorization: string | undefined;
    const camera = await device({
      answer: (_action, response) => {
        authorization ??= response.req.headers.authorization;
        return Boolean(response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end());
      },
    });
    await expect(ask(camera, LOGIN)).rejects.toThrow('it refuses the login (401)');
    expect(authorization).toBeUndefined();
  });

  it('waits no longer than 8 s for an answer that trickles', async () => {
    const clock = new FakeClock();
    const camera = await device({
      answer: (_action, response) => {
        response.write('<?xml version="1.0"?>', () => void clock.advance(8_000));
        return true;
      },
    });
    await expect(ask(camera, undefined, clock)).rejects.toThrow('no whole answer within 8000 ms');
  });
});

describe('discoverCameras', () => {
  /** Ends the search as soon as a camera of this name has answered. */
  async function foundBy(name: string): Promise<FoundCamera> {
    const found = new AbortController();
    const clock = new FakeClock();
    const camera = new Promise<FoundCamera>((resolve) => {
      const onFound = (one: FoundCamera): void => (one.name === name ? resolve(one) : undefined);
      void discoverCameras({ network: LOOPBACK, onFound, signal: found.signal, clock }).catch(() => undefined);
    });
    return camera.finally(() => found.abort());
  }

  it('finds a camera by multicast', async () => {
    const camera = await device({ name: 'Gate 2' });
    expect(await foundBy('Gate 2')).toEqual({ host: camera.host, name: 'Gate 2', hardware: 'M1' });
  });

  it('asks a camera at the address from which it has answered', async () => {
    await device({ name: 'Liar', claims: '192.0.2.1:8080' });
    expect(await foundBy('Liar')).toMatchObject({ host: '127.0.0.1:8080' });
  });

  it('names the networks if there is not one of that name', async () => {
    const search = discoverCameras({ network: 'eth99', signal: AbortSignal.timeout(PATIENCE_MS) });
    await expect(search).rejects.toMatchObject({
      code: 'try.no-network',
      message: expect.stringMatching(/no network interface eth99 .*there are: .*\w/) as string,
    });
  });
});

describe('cameraIn', () => {
  const ID = '5f2c';
  const match = (inner: string, id = `urn:uuid:${ID}`): string =>
    probeMatch(id, `<d:ProbeMatches><d:ProbeMatch>${inner}</d:ProbeMatch></d:ProbeMatches>`);
  const of = (answer: string): FoundCamera | undefined => cameraIn(answer, ID, '192.168.1.20');

  it('takes the address from which the answer came, and says nothing that a terminal would obey', () => {
    const xaddrs =
      '<d:XAddrs>http://169.254.1.1/onvif/device_service http://192.168.1.20:8000/onvif/device_service</d:XAddrs>';
    const scopes = '<d:Scopes>onvif://www.onvif.org/name/Gate%1B%5B31m%202</d:Scopes>';
    expect(of(match(xaddrs + scopes))).toEqual({ host: '192.168.1.20:8000', name: 'Gate [31m 2', hardware: '' });
  });

  it.each([
    ['another question', match('<d:XAddrs>http://192.168.1.20/</d:XAddrs>', 'urn:uuid:other')],
    ['no address', match('<d:XAddrs>nonsense file:///etc</d:XAddrs>')],
    ['no match', probeMatch(`urn:uuid:${ID}`, '')],
    ['entities', `<!DOCTYPE a [<!ENTITY b "c">]>${match('<d:XAddrs>http://192.168.1.20/</d:XAddrs>')}`],
    ['bytes', '\u0000\u0001'],
  ])('takes no answer of %s', (_what, answer) => expect(of(answer)).toBeUndefined());
});

describe('edgeml try', () => {
  it('lists the cameras of a network, and says how each is tried', async () => {
    const { host } = await device({ name: 'Yard' });
    const { code, stdout } = await runHere(['try', '--discover', '--network', LOOPBACK]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${host}  Yard, M1\n  --source onvif://USER:PASSWORD@${host}\n`);
  });

  it('says what a camera says, and what to do', async () => {
    const { host } = await device({ login: LOGIN });
    const { code, stderr } = await runHere(['try', 'model.onnx', '--source', `onvif://viewer:se%20cret@${host}`]);
    expect(code).toBe(1);
    expect(stderr).toContain(`the camera at ${host} does not tell its stream over ONVIF: it refuses`);
    expect(stderr).toContain('Give the login of its ONVIF user');
    expect(stderr).not.toMatch(/se( |%20)cret/);
  });
});
