import { lookup } from 'node:dns/promises';
import type { Clock } from '#packages/foundation';
import type { HttpLogin } from '#packages/http';
import { escapeXml } from './escape-xml.ts';
import { childrenOf, elementAt } from './read-xml.ts';
import type { XmlElement } from './read-xml.ts';
import { shownText } from './shown-text.ts';
import { SoapClient, SoapFault } from './soap-client.ts';

export interface StreamAddressOptions {
  readonly login: HttpLogin | undefined;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  readonly answerMs?: number;
}

/** Path of the device service (ONVIF Core Specification, 5.1.1). */
const DEVICE_PATH = '/onvif/device_service';
const DEVICE = 'http://www.onvif.org/ver10/device/wsdl';
const SCHEMA = 'http://www.onvif.org/ver10/schema';
/** Media has streams of H.264 and JPEG; Media 2 is all that the newest cameras have. */
const MEDIA = ['http://www.onvif.org/ver10/media/wsdl', 'http://www.onvif.org/ver20/media/wsdl'] as const;

/** A service of the camera that tells its streams. */
interface MediaService {
  readonly namespace: (typeof MEDIA)[number];
  readonly path: string;
}

/**
 * Asks a camera over ONVIF for the address of its first stream, in the order of its profiles: mostly the largest.
 *
 * The camera speaks for itself only. Of the services' addresses only the path is taken, and a stream on another host is refused,
 * since its address gets the login.
 *
 * @param address `onvif://host[:port][/path]`, without a login
 * @returns `rtsp://…` or `rtsps://…`, without a login
 * @throws Error that says what is wrong, also with the login; the signal's reason
 */
export async function streamAddress(address: string, options: StreamAddressOptions): Promise<string> {
  // URL takes host and port apart only for schemes that it knows.
  const { origin, hostname, pathname } = new URL(address.replace(/^onvif:/i, 'http:'));
  const devicePath = pathname === '/' ? DEVICE_PATH : pathname;
  const client = new SoapClient({ ...options, origin });
  await setTime(client, devicePath);
  const media = await mediaOf(client, devicePath);
  const token = await profileOf(client, media);
  const uri = await uriOf(client, media, token);
  const [, start, host] = /^(rtsps?:\/\/)(?:[^/?#]*@)?(\[[^\]]*\]|[^/?#:]+)/i.exec(uri) ?? [];
  if (start === undefined || host === undefined) throw new Error(`its stream is at "${shownText(uri)}"`);
  if (!(await isSameHost(host, hostname)))
    throw new Error(`it names a stream on another host, ${shownText(host)}, which is not asked`);
  return uri.replace(/^(rtsps?:\/\/)[^/?#]*@/i, '$1');
}

async function setTime(client: SoapClient, path: string): Promise<void> {
  const answer = await client.ask(path, `<GetSystemDateAndTime xmlns="${DEVICE}"/>`, true).catch((thrown: unknown) => {
    // Some want a login for the time, too, and then must have the right one.
    if (thrown instanceof SoapFault) return undefined;
    throw thrown;
  });
  const utc = elementAt(answer, 'SystemDateAndTime', 'UTCDateTime');
  const parts = (kind: string, ...names: readonly string[]): readonly number[] =>
    names.map((name) => Number(elementAt(utc, kind, name)?.text ?? Number.NaN));
  const [year = Number.NaN, month = Number.NaN, day] = parts('Date', 'Year', 'Month', 'Day');
  const time = Date.UTC(year, month - 1, day, ...parts('Time', 'Hour', 'Minute', 'Second'));
  if (Number.isFinite(time)) client.setTime(time);
}

async function mediaOf(client: SoapClient, path: string): Promise<MediaService> {
  const services = await client
    .ask(path, `<GetServices xmlns="${DEVICE}"><IncludeCapability>false</IncludeCapability></GetServices>`)
    .then((answer) => childrenOf(answer, 'Service'))
    .catch((thrown: unknown) => {
      // Older than GetServices.
      if (thrown instanceof SoapFault) return undefined;
      throw thrown;
    });
  for (const namespace of MEDIA) {
    const service = services?.find((each) => elementAt(each, 'Namespace')?.text === namespace);
    if (service) return { namespace, path: pathOf(elementAt(service, 'XAddr')) };
  }
  const capabilities = await client.ask(
    path,
    `<GetCapabilities xmlns="${DEVICE}"><Category>Media</Category></GetCapabilities>`,
  );
  const media = elementAt(capabilities, 'Capabilities', 'Media', 'XAddr');
  if (!media) throw new Error('it does not have a service for streams');
  return { namespace: MEDIA[0], path: pathOf(media) };
}

async function profileOf(client: SoapClient, { namespace, path }: MediaService): Promise<string> {
  const isSecond = namespace === MEDIA[1];
  const wanted = isSecond ? '<Type>VideoEncoder</Type>' : '';
  const answer = await client.ask(path, `<GetProfiles xmlns="${namespace}">${wanted}</GetProfiles>`);
  const hasVideo = (profile: XmlElement): boolean =>
    Boolean(
      isSecond ? elementAt(profile, 'Configurations', 'VideoEncoder') : elementAt(profile, 'VideoEncoderConfiguration'),
    );
  const profiles = childrenOf(answer, 'Profiles');
  const token = (profiles.find(hasVideo) ?? profiles[0])?.attributes['token'];
  if (token === undefined) throw new Error('it does not have a profile with video');
  return token;
}

async function uriOf(client: SoapClient, { namespace, path }: MediaService, token: string): Promise<string> {
  const profile = `<ProfileToken>${escapeXml(token)}</ProfileToken>`;
  if (namespace === MEDIA[1]) {
    const body = `<GetStreamUri xmlns="${namespace}"><Protocol>RTSP</Protocol>${profile}</GetStreamUri>`;
    return elementAt(await client.ask(path, body), 'Uri')?.text ?? '';
  }
  const setup = `<StreamSetup><Stream xmlns="${SCHEMA}">RTP-Unicast</Stream><Transport xmlns="${SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>`;
  const answer = await client.ask(path, `<GetStreamUri xmlns="${namespace}">${setup}${profile}</GetStreamUri>`);
  return elementAt(answer, 'MediaUri', 'Uri')?.text ?? '';
}

function pathOf(address: XmlElement | undefined): string {
  const text = address?.text ?? '';
  if (!URL.canParse(text)) throw new Error(`its service for streams is at "${shownText(text)}"`);
  const { pathname, search } = new URL(text);
  return `${pathname}${search}`;
}

/** A camera that was asked by its name tells its address. */
async function isSameHost(host: string, asked: string): Promise<boolean> {
  const [a, b] = [host, asked].map((name) => name.replace(/^\[|\]$/g, '').toLowerCase());
  if (a === b) return true;
  const found = await Promise.all([a!, b!].map((name) => lookup(name, { all: true }).catch(() => [])));
  return found[0]!.some(({ address }) => found[1]!.some((other) => other.address === address));
}
