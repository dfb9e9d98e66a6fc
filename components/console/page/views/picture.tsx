import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Prediction } from '#packages/model-package';
import { classColor } from '../state/class-color.ts';
import { Heat } from './heat.tsx';
import { MaskFill, Outline } from './outline.tsx';
import type { OutlineProps } from './outline.tsx';
import { summaryOf } from './prediction-words.ts';

export interface PictureProps {
  readonly bitmap: ImageBitmap;
  readonly predictions: readonly Prediction[];
  /** Its name for a screen reader, before what was found. */
  readonly name: string;
  /** Below this width in pixels, boxes have no labels. Default 0. */
  readonly labelsFrom?: number;
}

/** A picture with its predictions drawn on it: boxes are vectors, so that they stay sharp in any size. */
export function Picture({ bitmap, predictions, name, labelsFrom = 0 }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    context?.drawImage(bitmap, 0, 0);
  }, [bitmap]);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const { width, height } = bitmap;
  const scale = Math.min(size.width / width, size.height / height) || 1;
  const boxes = predictions.filter(({ box }) => box);
  const tags = predictions.filter(({ box }) => !box);
  const withLabels = size.width >= labelsFrom;
  return (
    <div class="picture" ref={frame} role="img" aria-label={`${name}: ${summaryOf(predictions)}`}>
      <canvas ref={canvas} width={width} height={height} />
      <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {tags.map((prediction, at) => (
          <g key={at}>
            <Heat prediction={prediction} width={width} height={height} />
            <MaskFill prediction={prediction} width={width} height={height} />
          </g>
        ))}
        {boxes.map((prediction, at) => (
          <Outline key={at} prediction={prediction} width={width} height={height} px={1 / scale} />
        ))}
        {/* Above the pixels of every prediction. */}
        {withLabels &&
          boxes.map((prediction, at) => (
            <Label key={at} prediction={prediction} width={width} height={height} px={1 / scale} />
          ))}
      </svg>
      {tags.length > 0 && (
        <ol class="tags" aria-hidden="true">
          {tags.slice(0, withLabels ? 3 : 1).map(({ classId, label, score, share = score, text }) => (
            <li key={classId}>
              <span class="swatch" style={{ background: classColor(classId) }} />
              {text ?? label} <b>{share.toFixed(2)}</b>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function Label({ prediction, width, height, px }: OutlineProps) {
  const { box: [x0, y0] = [0, 0], classId, label, score, text: read } = prediction;
  const [x, y] = [x0 * width, y0 * height];
  const text = `${read ?? label} ${score.toFixed(2)}`;
  const tall = 17 * px;
  const wide = textWidth(text) * px + 10 * px;
  // A label that would leave the picture lies inside the box, or begins further left.
  const labelY = y - tall >= 0 ? y - tall : y;
  const labelX = Math.max(0, Math.min(x - px, width - wide));
  return (
    <g>
      <rect x={labelX} y={labelY} width={wide} height={tall} fill={classColor(classId)} />
      <text x={labelX + 5 * px} y={labelY + 12.5 * px} font-size={12 * px}>
        {text}
      </text>
    </g>
  );
}

let ruler: CanvasRenderingContext2D | null | undefined;

/** In pixels of the screen, in the font of the labels. */
function textWidth(text: string): number {
  ruler ??= document.createElement('canvas').getContext('2d');
  if (!ruler) return text.length * 7;
  ruler.font = '600 12px system-ui, sans-serif';
  return ruler.measureText(text).width;
}
