import { messageOf } from '#packages/foundation';
import { cliErrors } from '../errors.ts';
import { discoverCameras } from '../onvif/discover-cameras.ts';
import { streamAddress } from '../onvif/stream-address.ts';
import { withoutLogin } from './keep-login.ts';

const CAMERA = /^onvif(:\/\/.*)?$/i;

/**
 * Address of the stream of a camera that speaks ONVIF, with the login that was given; any other source as it is.
 *
 * @param source `onvif` for the only camera of the network, else `onvif://[user:password@]host[:port]`
 * @throws EdgeError `try.no-camera`, `try.no-network`, `try.onvif`; the signal's reason
 */
export async function cameraStream(source: string, network: string | undefined, signal: AbortSignal): Promise<string> {
  if (!CAMERA.test(source)) return source;
  const given = source.includes('://') ? source : await onlyCamera(network, signal);
  const { settings, login } = withoutLogin({ Url: given });
  const address = String(settings['Url']);
  const host = hostOf(address);
  const stream = await streamAddress(address, { login, signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    const message = `the camera at ${host} does not tell its stream over ONVIF: ${messageOf(cause)}`;
    throw cliErrors.error('try.onvif', message, { cause, facts: { host } });
  });
  if (!login) return stream;
  const words = [login.username, login.password].map(encodeURIComponent).join(':');
  return stream.replace('://', `://${words}@`);
}

function hostOf(address: string): string {
  const http = address.replace(/^onvif:/i, 'http:');
  if (URL.canParse(http)) return new URL(http).host;
  throw cliErrors.error('cli.usage', `${address} is not the address of a camera: write onvif://host`);
}

async function onlyCamera(network: string | undefined, signal: AbortSignal): Promise<string> {
  const cameras = await discoverCameras({ network, signal });
  const [camera] = cameras;
  if (camera && cameras.length === 1) return `onvif://${camera.host}`;
  const found = cameras.map(({ host, name }) => (name === '' ? host : `${host} (${name})`)).join(', ');
  const message = camera
    ? `${cameras.length} cameras were found: ${found}; name one as onvif://HOST`
    : 'no camera answered over ONVIF';
  throw cliErrors.error('try.no-camera', message);
}
