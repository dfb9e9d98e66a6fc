export type { Box, Prediction, Timings } from './prediction.ts';
