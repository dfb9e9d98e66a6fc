export { drawRaw } from './draw-raw.ts';
export { drawOnFrame } from './draw-on-frame.ts';
export { drawPredictions } from './draw-predictions.ts';
