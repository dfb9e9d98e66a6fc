import { appErrors } from '../../errors.ts';
import { askFfmpeg } from './ask-ffmpeg.ts';

export interface FfmpegVersion {
  /** As ffmpeg names it, e.g. `5.1.9-0+deb12u1`. */
  readonly name: string;
  /** Whether it knows `-fps_mode`, which took the place of `-vsync` in 5.1. */
  readonly hasFpsMode: boolean;
  /** Whether its lists know options of their entries, as of 5.0. */
  readonly hasConcatOptions: boolean;
}

/**
 * Asks ffmpeg for its version, and so whether it is there.
 *
 * @param signal ends the question; ffmpeg is ended with it
 * @throws EdgeError `source.ffmpeg-missing`, `source.ffmpeg-failed`; the signal's reason
 */
export async function askFfmpegVersion(command: string, signal: AbortSignal): Promise<FfmpegVersion> {
  const { text, end: how } = await askFfmpeg(command, ['-version'], signal);
  if (how.kind === 'not-started') throw ffmpegMissing(command, how.reason);
  const version = versionIn(text);
  if (how.code === 0 && version) return version;
  throw appErrors.error('source.ffmpeg-failed', `${command} -version ended with ${how.code} and names no version`, {
    facts: { command, code: how.code },
  });
}

export function ffmpegMissing(command: string, reason: string): Error {
  const message = `sources of Type stream need ffmpeg, and ${reason}; install it (Debian, Ubuntu, Raspberry Pi OS: apt-get install ffmpeg), or set FfmpegPath`;
  return appErrors.error('source.ffmpeg-missing', message, { facts: { command } });
}

/** Builds from ffmpeg's repository are named `N-…`, and are newer than any release here. */
function versionIn(text: string): FfmpegVersion | undefined {
  const [, name] = /^ffmpeg version (\S+)/m.exec(text) ?? [];
  if (name === undefined) return undefined;
  const [, major, minor] = /^n?(\d+)(?:\.(\d+))?/.exec(name) ?? [];
  const isOld = major !== undefined && (Number(major) < 5 || (Number(major) === 5 && Number(minor ?? 0) < 1));
  const isVeryOld = major !== undefined && Number(major) < 5;
  return { name, hasFpsMode: !isOld, hasConcatOptions: !isVeryOld };
}
