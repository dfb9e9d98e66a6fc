import type { SourceReport } from '#packages/http';

export interface SourceStatus {
  readonly level: 'good' | 'idle' | 'error';
  readonly word: string;
}

/** How a source does, in a word. */
export function sourceStatus({ state, stream, type, mode, motion }: SourceReport): SourceStatus {
  if (state === 'failed') return { level: 'error', word: 'cannot be read' };
  if (state === 'done') return { level: 'idle', word: 'done' };
  if (stream && !stream.isUp) return { level: 'error', word: 'no frames come' };
  if (motion) return motion.isMoving ? { level: 'good', word: 'motion' } : { level: 'idle', word: 'still' };
  if (stream) return { level: 'good', word: 'live' };
  return { level: 'good', word: type === 'folder' && mode === 'watch' ? 'watching' : 'live' };
}
