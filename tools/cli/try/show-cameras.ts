import { cliErrors } from '../errors.ts';
import type { Output } from '../frame/output.ts';
import { discoverCameras } from '../onvif/discover-cameras.ts';
import type { FoundCamera } from '../onvif/camera-in.ts';

/**
 * Lists the cameras of the network as they answer, and how each is tried.
 *
 * @throws EdgeError `try.no-network`, `try.no-camera`; the signal's reason
 */
export async function showCameras(network: string | undefined, out: Output, signal: AbortSignal): Promise<void> {
  out.progress('Asking the network for cameras …');
  const onFound = (camera: FoundCamera): void => {
    const { host, name, hardware } = camera;
    out.json({ ...camera, source: `onvif://${host}` });
    if (out.isJson) return;
    out.line(`${out.paint('bold', host)}  ${[name, hardware].filter((text) => text !== '').join(', ')}`);
    out.line(`  --source onvif://USER:PASSWORD@${host}`);
  };
  const cameras = await discoverCameras({ network, signal, onFound });
  if (cameras.length === 0) throw cliErrors.error('try.no-camera', 'no camera answered over ONVIF');
}
