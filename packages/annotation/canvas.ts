import type { Canvas } from './scale.ts';

/** Smaller pictures are made larger, so that labels can be read. */
const MIN_EDGE = 640;

/** The size in which a picture is drawn on. */
export function canvasOf({ width, height }: Canvas, maxEdge: number): Canvas {
  const edge = Math.max(width, height, 1);
  const wanted = Math.min(maxEdge, Math.max(MIN_EDGE, edge));
  const scale = wanted / edge;
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
