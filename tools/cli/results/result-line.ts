import type { ResultMessage } from '#packages/http';
import type { Prediction } from '#packages/model-package';

import type { Output } from '../frame/output.ts';

const SERVICE_WIDTH = 16;
const IMAGE_WIDTH = 22;
const LABEL_WIDTH = 12;
const BOX_WIDTH = 21;

/** The message of a results topic; undefined for anything else. */
export function readResult(message: unknown): ResultMessage | undefined {
  const candidate = message as Partial<ResultMessage> | null | undefined;
  return typeof candidate?.service === 'string' && Array.isArray(candidate.predictions)
    ? (candidate as ResultMessage)
    : undefined;
}

/** One image on one line: service, image, best label, score, box in per cent of the image, further finds, time. */
export function resultLine(result: ResultMessage, out: Pick<Output, 'paint'>): string {
  const start = `${out.paint('cyan', result.service.padEnd(SERVICE_WIDTH))}  ${result.image.padEnd(IMAGE_WIDTH)}`;
  if (result.error) return `${start}  ${out.paint('red', `${result.error.message} (${result.error.code})`)}`;
  const [best] = result.predictions;
  const found = best
    ? predictionText(best, out)
    : out.paint('dim', 'nothing found'.padEnd(LABEL_WIDTH + 6 + BOX_WIDTH));
  const more = result.predictions.length - 1 + (result.truncated ?? 0);
  const others = more > 0 && best?.box ? `+${more}` : '';
  return `${start}  ${found}  ${others.padEnd(4)} ${timeText(result.timings?.totalMs)}`;
}

function predictionText({ label, score, box }: Prediction, out: Pick<Output, 'paint'>): string {
  const corners = box ? `[${box.map((part) => `${Math.round(part * 100)}%`.padStart(4)).join('')}]` : '';
  return `${out.paint('green', label.padEnd(LABEL_WIDTH))} ${score.toFixed(2)}  ${corners.padEnd(BOX_WIDTH - 1)}`;
}

function timeText(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : `${milliseconds.toFixed(1).padStart(7)} ms`;
}
