import type { Configurations } from './configuration.ts';

/** The addresses in the configuration. */
export interface Target {
  /** e.g. `source gate`. */
  readonly name: string;
  readonly kind: 'network' | 'device' | 'folder';
  /** For people, without credentials. */
  readonly shown: string;
  readonly host?: string;
  readonly port?: number;
  /** Of a device or folder. */
  readonly path?: string;
}

const PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'mqtt:': 1883,
  'mqtts:': 8883,
  'rtmp:': 1935,
  'rtsp:': 554,
  'rtsps:': 322,
};

/** Cameras, folders, the S3 endpoint and the broker of what is configured. @param workFolder of the application */
export function configuredTargets(
  configurations: Configurations,
  workFolder: string,
  resolve: (folder: string, relative: string) => string,
): readonly Target[] {
  const app = configurations.get('edgeml.InferenceApp') ?? {};
  const sources = Object.entries((app['Sources'] ?? {}) as Readonly<Record<string, Source>>);
  const nucleus = configurations.get('aws.greengrass.Nucleus') ?? {};
  return [
    ...sources.flatMap(([name, source]) => sourceTarget(name, source, (folder) => resolve(workFolder, folder))),
    ...['edgeml.InferenceAgent', 'edgeml.FeedbackUploader'].flatMap((component) =>
      urlTarget(`S3 endpoint of ${component}`, configurations.get(component)?.['S3Endpoint']),
    ),
    ...endpoint('AWS IoT Core', nucleus['iotDataEndpoint'], 8883),
    ...endpoint('credentials of AWS IoT', nucleus['iotCredEndpoint'], 443),
  ];
}

interface Source {
  readonly Enabled?: unknown;
  readonly Type?: unknown;
  readonly Url?: unknown;
  readonly Path?: unknown;
}

function sourceTarget(
  source: string,
  { Enabled, Type, Url, Path }: Source,
  inWork: (folder: string) => string,
): readonly Target[] {
  if (String(Enabled) === 'false') return [];
  const name = `source ${source}`;
  const url = typeof Url === 'string' ? Url : '';
  if (Type === 'http' || Type === 'stream') {
    if (url.startsWith('/dev/')) return [{ name, kind: 'device', shown: url, path: url }];
    return urlTarget(name, url);
  }
  if (Type === 'pipeline' || typeof Path !== 'string') return [];
  const folder = inWork(Path);
  return [{ name, kind: 'folder', shown: folder, path: folder }];
}

/** @returns nothing for what names no host that is reached over TCP */
export function urlTarget(name: string, url: unknown): readonly Target[] {
  if (typeof url !== 'string' || !URL.canParse(url)) return [];
  const { protocol, hostname, port } = new URL(url);
  const number = port === '' ? PORTS[protocol] : Number(port);
  if (hostname === '' || number === undefined) return [];
  const host = hostname.replace(/^\[|\]$/g, '');
  return [{ name, kind: 'network', shown: `${host}:${number}`, host, port: number }];
}

function endpoint(name: string, host: unknown, port: number): readonly Target[] {
  if (typeof host !== 'string' || host === '') return [];
  return [{ name, kind: 'network', shown: `${host}:${port}`, host, port }];
}
