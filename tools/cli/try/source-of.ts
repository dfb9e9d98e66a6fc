import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '../../project-file/project-file.ts';
import { cliErrors } from '../errors.ts';

/** The meanings that an address may have, the likeliest first. */
export interface SourceChoice {
  /** Name in edgeml.yaml, before it is made unique. */
  readonly name: string;
  readonly candidates: readonly Settings[];
}

const IMAGE = /\.(jpe?g|png|webp|npy)$/i;
/** Paths under which cameras send streams, not single pictures. */
const STREAM_PATH = /\.(m3u8|mpd|ts|mjpe?g|mp4|mkv|webm|avi|mov)$|mjpe?g|video|stream/i;
/** As many as most people read along; the camera sends more. */
const FRAMES_PER_SECOND = 5;
const SNAPSHOT_SECONDS = 1;

/**
 * Settings of a source for what somebody typed: a camera's address, a device, a video, a folder or an image.
 *
 * @param base folder of edgeml.yaml; what lies below it is named relative to it
 * @throws EdgeError `try.no-source` if there is nothing at a path
 */
export async function sourceOf(address: string, base: string): Promise<SourceChoice> {
  if (/^https?:\/\//i.test(address)) return webSource(address);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(address) || address.startsWith('/dev/'))
    return { name: 'camera', candidates: [streamOf(address)] };
  const file = path.resolve(address);
  const facts = await stat(file).catch((cause: unknown) => {
    throw cliErrors.error('try.no-source', `there is nothing at ${file}`, { cause, facts: { source: address } });
  });
  const shown = pathFrom(base, file);
  if (facts.isDirectory()) return { name: nameFor(file), candidates: [{ Type: 'folder', Path: shown }] };
  if (!IMAGE.test(file))
    return { name: nameFor(path.parse(file).name), candidates: [{ ...streamOf(shown), Loop: true }] };
  const folder = { Type: 'folder', Path: pathFrom(base, path.dirname(file)), ImageName: path.basename(file) };
  return { name: nameFor(path.parse(file).name), candidates: [folder] };
}

function webSource(address: string): SourceChoice {
  const snapshot = { Type: 'http', Url: address, Mode: 'interval', InferenceInterval: SNAPSHOT_SECONDS };
  const isStream = URL.canParse(address) && STREAM_PATH.test(new URL(address).pathname);
  return { name: 'camera', candidates: isStream ? [streamOf(address), snapshot] : [snapshot, streamOf(address)] };
}

function streamOf(url: string): Settings {
  return { Type: 'stream', Url: url, FramesPerSecond: FRAMES_PER_SECOND };
}

/** Relative below the folder of edgeml.yaml, so that both can be moved together; absolute elsewhere. */
export function pathFrom(base: string, file: string): string {
  const relative = path.relative(base, file);
  const isBelow = relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
  return isBelow ? relative || '.' : file;
}

function nameFor(file: string): string {
  const name = path
    .basename(file)
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'images' : name.slice(0, 40).replace(/-+$/, '');
}
