export { convexOverlap } from './convex-overlap.ts';
export { HeatCells } from './heat-map.ts';
export { maskOverlap, paintMask } from './mask.ts';
export { outlinesOf, simplified } from './outlines.ts';
export { decodeRuns, encodeRuns, RunCollector } from './rle.ts';
export { skeletonOf } from './skeleton.ts';
