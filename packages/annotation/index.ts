export { drawPredictions } from './draw-predictions.ts';
