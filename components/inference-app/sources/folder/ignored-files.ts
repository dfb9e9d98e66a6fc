import type { IncidentFacts } from '#packages/foundation';

export interface IgnoredFile {
  /** Inside the folder; of a folder it ends in `/`. */
  readonly name: string;
  readonly reason: string;
}

/** Why a file that may be meant as an image is not read; undefined for any other file. */
export function whyIgnored(name: string): string | undefined {
  if (name.startsWith('.')) return undefined;
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (VIDEOS.includes(ending)) return 'a video';
  return PICTURES[ending];
}

const PICTURES: Readonly<Record<string, string>> = {
  avif: 'AVIF',
  gif: 'GIF',
  heic: 'HEIC',
  heif: 'HEIC',
  jp2: 'JPEG 2000',
  jxl: 'JPEG XL',
  pgm: 'PGM',
  ppm: 'PPM',
  svg: 'SVG',
};

const VIDEOS: readonly string[] = ['avi', 'm4v', 'mkv', 'mov', 'mp4', 'mpg', 'mpeg', 'ts', 'webm'];

const SHOWN = 5;

/** Facts of the incident; undefined if there are none. */
export function ignoredFacts(source: string, ignored: readonly IgnoredFile[]): IncidentFacts | undefined {
  if (ignored.length === 0) return undefined;
  const names = ignored.slice(0, SHOWN).map(({ name, reason }) => `${name} (${reason})`);
  const more = ignored.length > SHOWN ? ` and ${ignored.length - SHOWN} more` : '';
  const isFolder = ({ name }: IgnoredFile): boolean => name.endsWith('/');
  const advice = [
    ...(ignored.every(isFolder)
      ? []
      : ['Give it JPEG, PNG, WebP, BMP, TIFF, npy or npz; a video is read by a source of Type stream.']),
    ...(ignored.some(isFolder) ? ['Set Recursive of the source to read the folders inside its folder.'] : []),
  ];
  return { source, message: `source ${source} does not read ${names.join(', ')}${more}`, todo: advice.join(' ') };
}
