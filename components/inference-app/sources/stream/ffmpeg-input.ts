import { resolve } from 'node:path';

import { secretsOf } from '../shown-url.ts';

/** ffmpeg's input: something on the network, a capture device, something it makes up itself, or a file. */
type InputKind = 'network' | 'device' | 'generated' | 'file';

export interface FfmpegInput {
  readonly kind: InputKind;
  /** The value of `-i`. */
  readonly url: string;
  /** Whether the URL must not be seen in the process list. */
  readonly isSecret: boolean;
  /** The value of `-f`; undefined: ffmpeg finds out. */
  readonly format?: string;
}

const DEVICE_FORMATS: readonly string[] = [
  'v4l2',
  'video4linux2',
  'avfoundation',
  'dshow',
  'gdigrab',
  'x11grab',
  'kmsgrab',
];

/** @param workFolder where relative file names begin */
export function ffmpegInput(url: string, format: string, workFolder: string): FfmpegInput {
  const given = { isSecret: false, ...(format === '' ? {} : { format }) };
  if (format === 'lavfi') return { kind: 'generated', url, ...given };
  if (url.startsWith('/dev/')) return { kind: 'device', url, ...given, format: format === '' ? 'v4l2' : format };
  if (DEVICE_FORMATS.includes(format)) return { kind: 'device', url, ...given };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) {
    const [, path] = /^file:\/\/(\/.*)$/i.exec(url) ?? [];
    if (path === undefined) return { kind: 'network', url, ...given, isSecret: secretsOf(url).length > 0 };
    return { kind: 'file', url: `file:${path}`, ...given };
  }
  // With its scheme, a name with a colon is no other protocol's.
  return { kind: 'file', url: `file:${resolve(workFolder, url)}`, ...given };
}
