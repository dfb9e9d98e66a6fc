import type { Candidates } from './candidates.ts';
import { byScore } from './nms.ts';
import type { selectBoxes } from './nms.ts';

/** A turned box in pixels of the model's input; the angle is that of its width, in radians. */
export interface RotatedBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly angle: number;
}

/**
 * Suppression of turned boxes: a box goes if any better one overlaps it too much, also one that has gone itself. So that the result is the
 * reference's: Ultralytics' fast_nms with probiou as overlap.
 * Sources: Bolya et al., "YOLACT", 2019, section 5 (Fast NMS); Murrugarra-Llerena et al., "Gaussian Bounding Boxes and Probabilistic
 * Intersection-over-Union for Object Detection", 2021, equations 2 to 6.
 */
export function rotatedSelector(boxAt: (index: number) => RotatedBox): typeof selectBoxes {
  return (candidates, options, keep = () => true) => {
    const order = [...byScore(candidates)].filter(keep);
    if (options.nms === 'none') return order.slice(0, options.maxDetections);
    const gaussians: Gaussian[] = [];
    const reach = reachOf(options.iouThreshold);
    const kept: number[] = [];
    for (const index of order) {
      if (kept.length === options.maxDetections) break;
      const own = gaussianOf(boxAt(index), options.nms === 'class' ? classOf(candidates, index) : 0);
      if (!gaussians.some((better) => overlapsMore(better, own, options.iouThreshold, reach))) kept.push(index);
      gaussians.push(own);
    }
    return kept;
  };
}

/** A box as a normal distribution: its center and its covariance [[a, c], [c, b]]. */
interface Gaussian {
  readonly group: number;
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** The largest eigenvalue of the covariance. */
  readonly spread: number;
}

function gaussianOf({ x, y, width, height, angle }: RotatedBox, group: number): Gaussian {
  const [along, across] = [width ** 2 / 12, height ** 2 / 12];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const a = along * cos * cos + across * sin * sin;
  const b = along * sin * sin + across * cos * cos;
  return { group, x, y, a, b, c: (along - across) * cos * sin, spread: Math.max(along, across) };
}

/** As the reference has it, so that equal boxes do not divide by zero. */
const EPSILON = 1e-7;

function overlapsMore(one: Gaussian, other: Gaussian, threshold: number, reach: number): boolean {
  if (one.group !== other.group) return false;
  const [dx, dy] = [one.x - other.x, one.y - other.y];
  // Most pairs lie too far apart, whatever their shapes.
  if (dx * dx + dy * dy > reach * (one.spread + other.spread)) return false;
  return probIou(one, other) > threshold;
}

function probIou(one: Gaussian, other: Gaussian): number {
  const [a, b, c] = [one.a + other.a, one.b + other.b, one.c + other.c];
  const [dx, dy] = [one.x - other.x, one.y - other.y];
  const determinant = a * b - c * c;
  const apart = (0.25 * (a * dy * dy + b * dx * dx) - 0.5 * c * dx * dy) / (determinant + EPSILON);
  const own = Math.max(0, one.a * one.b - one.c * one.c) * Math.max(0, other.a * other.b - other.c * other.c);
  const unlike = 0.5 * Math.log(determinant / (4 * Math.sqrt(own) + EPSILON) + EPSILON);
  const bhattacharyya = Math.min(100, Math.max(EPSILON, apart + unlike));
  return 1 - Math.sqrt(1 - Math.exp(-bhattacharyya) + EPSILON);
}

/**
 * From which squared distance of two centers on, by the sum of their spreads, no pair can overlap more than the threshold: the part of the
 * Bhattacharyya distance that comes from the centers is a quarter of it at least.
 */
function reachOf(threshold: number): number {
  const largest = -Math.log(1 - (1 - threshold) ** 2);
  return 4 * largest * (1 + 1e-6) + 1e-3;
}

function classOf({ classes }: Candidates, index: number): number {
  return classes[index] as number;
}
