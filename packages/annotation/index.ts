export { drawArray } from './draw-array.ts';
export { drawOnFrame } from './draw-on-frame.ts';
export { drawPredictions } from './draw-predictions.ts';
