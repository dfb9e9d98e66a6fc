import { startGuarded } from './guarded-process.ts';
import type { ProcessEnd } from './guarded-process.ts';

export interface FfmpegAnswer {
  /** Its standard output. */
  readonly text: string;
  /** Its standard error. */
  readonly said: string;
  readonly end: ProcessEnd;
}

const MAX_TEXT = 100_000;

/**
 * Runs ffmpeg for what it tells of itself.
 *
 * @param signal ends the question; ffmpeg is ended with it
 * @throws the signal's reason
 */
export async function askFfmpeg(command: string, words: readonly string[], signal: AbortSignal): Promise<FfmpegAnswer> {
  signal.throwIfAborted();
  const ffmpeg = startGuarded(command, ['-hide_banner', '-nostdin', ...words]);
  const end = (): void => void ffmpeg.stop();
  signal.addEventListener('abort', end, { once: true });
  const answer = { text: '', said: '' };
  ffmpeg.stdout?.on('data', (chunk: Buffer) => (answer.text = grown(answer.text, chunk)));
  ffmpeg.stderr.on('data', (chunk: Buffer) => (answer.said = grown(answer.said, chunk)));
  const how = await ffmpeg.ended;
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  return { ...answer, end: how };
}

function grown(text: string, chunk: Buffer): string {
  return (text + chunk.toString('latin1')).slice(0, MAX_TEXT);
}
