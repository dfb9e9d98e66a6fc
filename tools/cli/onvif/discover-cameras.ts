import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { messageOf, sleep, systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { cliErrors } from '../errors.ts';
import { cameraIn } from './camera-in.ts';
import type { FoundCamera } from './camera-in.ts';

export interface DiscoverOptions {
  /** Network interface, e.g. `eth0`. Default: all but the loopback. */
  readonly network?: string | undefined;
  /** Called with each camera as it answers. */
  readonly onFound?: (camera: FoundCamera) => void;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** Address and port of WS-Discovery; routers do not pass it on. */
const GROUP = '239.255.255.250';
const PORT = 3702;
/** A datagram may be lost, so the question is asked again. */
const ASK_AGAIN_MS = 500;
const SEARCH_MS = 3_000;
const MAX_CAMERAS = 256;

/**
 * Asks the network for cameras that speak ONVIF, for three seconds.
 *
 * @throws EdgeError `try.no-network` if the question cannot be sent; the signal's reason
 */
export async function discoverCameras(options: DiscoverOptions): Promise<readonly FoundCamera[]> {
  const { network, onFound, signal, clock = systemClock } = options;
  signal.throwIfAborted();
  const question = randomUUID();
  const found = new Map<string, FoundCamera>();
  const sockets: Socket[] = [];
  try {
    for (const address of addressesOf(network)) {
      const socket = createSocket('udp4');
      sockets.push(socket);
      socket.on('message', (message, from) => {
        const camera = cameraIn(message.toString('utf8'), question, from.address);
        if (!camera || found.has(camera.host) || found.size >= MAX_CAMERAS) return;
        found.set(camera.host, camera);
        onFound?.(camera);
      });
      socket.bind(0, address);
      await once(socket, 'listening', { signal });
      // The cable may be pulled while answers are waited for.
      socket.on('error', () => undefined);
      socket.setMulticastInterface(address);
    }
    await sendAll(sockets, question);
    await sleep(clock, ASK_AGAIN_MS, signal);
    await sendAll(sockets, question);
    await sleep(clock, SEARCH_MS - ASK_AGAIN_MS, signal);
  } finally {
    for (const socket of sockets) socket.close();
  }
  return [...found.values()].toSorted((a, b) => a.host.localeCompare(b.host, 'en', { numeric: true }));
}

/** @throws EdgeError `try.no-network` if none of the networks takes the question */
async function sendAll(sockets: readonly Socket[], question: string): Promise<void> {
  const probe = Buffer.from(probeOf(question));
  const sent = await Promise.allSettled(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve, reject) => {
          socket.send(probe, PORT, GROUP, (error) => (error ? reject(error) : resolve()));
        }),
    ),
  );
  const [first] = sent;
  if (first?.status !== 'rejected' || sent.some(({ status }) => status === 'fulfilled')) return;
  throw cliErrors.error('try.no-network', `no network takes the question for cameras: ${messageOf(first.reason)}`, {
    cause: first.reason,
  });
}

function addressesOf(network: string | undefined): readonly string[] {
  const all = Object.entries(networkInterfaces());
  const addresses = all
    .filter(([name]) => network === undefined || name === network)
    .flatMap(([, some = []]) => some.filter(({ family, internal }) => family === 'IPv4' && !(internal && !network)))
    .map(({ address }) => address);
  if (addresses.length > 0) return addresses;
  const names = all.map(([name]) => name).join(', ');
  const what =
    network === undefined
      ? 'no network interface has an IPv4 address'
      : `there is no network interface ${network} with an IPv4 address; there are: ${names}`;
  throw cliErrors.error('try.no-network', what);
}

function probeOf(question: string): string {
  const addressing = 'http://schemas.xmlsoap.org/ws/2004/08/addressing';
  const discovery = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';
  return (
    '<?xml version="1.0" encoding="utf-8"?>' +
    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="${addressing}" xmlns:d="${discovery}">` +
    `<s:Header><a:MessageID>urn:uuid:${question}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>` +
    `<a:Action>${discovery}/Probe</a:Action></s:Header>` +
    '<s:Body><d:Probe><d:Types xmlns:n="http://www.onvif.org/ver10/network/wsdl">n:NetworkVideoTransmitter</d:Types></d:Probe></s:Body>' +
    '</s:Envelope>'
  );
}
