import { ZERO_TO_ONE } from './propose-pixels.ts';
import type { Guess } from './proposed-output.ts';
import type { OnnxValue } from './read-onnx.ts';

/**
 * Models of anomalib 2: `pred_score`, `anomaly_map` and what follows from them. Resizing and normalization of the picture are in the graph, as
 * are threshold and range if the model was validated before it was exported.
 * Source: anomalib 2.7, models/components/base/export_mixin/mixin.py and anomalib_module.py, read as specifications.
 */
export const anomalib: Guess = ({ model: { outputs }, findings }) => {
  const find = (wanted: string): OnnxValue | undefined => outputs.find(({ name }) => name === wanted);
  const [score, map] = [find('pred_score'), find('anomaly_map')];
  if (!score && !map) return undefined;
  findings.note(
    'output.image, output.pixel: anomalib puts threshold and range into the graph if the model was validated; scores that leave 0..1 say that it was not, and then their thresholds, minima and maxima belong here',
  );
  findings.note(
    'pred_label and pred_mask are not read: they have the sensitivity of the export, and services have their own',
  );
  return {
    task: 'anomaly',
    output: { decoder: 'anomaly', ...(score ? { score: score.name } : {}), ...(map ? { map: map.name } : {}) },
    pixels: ZERO_TO_ONE,
  };
};
