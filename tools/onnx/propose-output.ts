import { anomalib } from './propose-anomalib.ts';
import { classifier } from './propose-classifier.ts';
import { embedding } from './propose-embedding.ts';
import { boxesAndScores, finishedDetector, oneTable, queries, yolov3Heads } from './propose-detector.ts';
import { ultralytics } from './propose-ultralytics.ts';
import { distanceHeads, efficientDetHeads, nanodetTable, scrfdFaces, yunetFaces } from './propose-grids.ts';
import { pixelClasses } from './propose-segmentation.ts';
import { recognizer, textRegions } from './propose-text.ts';
import { rawTensors } from './proposed-output.ts';
import type { Evidence, Guess, ProposedOutput } from './proposed-output.ts';

const GUESSES: readonly Guess[] = [
  recognizer,
  ultralytics,
  anomalib,
  finishedDetector,
  queries,
  yunetFaces,
  scrfdFaces,
  distanceHeads,
  efficientDetHeads,
  yolov3Heads,
  boxesAndScores,
  nanodetTable,
  oneTable,
  textRegions,
  embedding,
  classifier,
  pixelClasses,
];

/** By the exporter's metadata first, then by the first family that the shapes fit. */
export function proposeOutput(evidence: Evidence): ProposedOutput {
  const { model, findings } = evidence;
  const untyped = model.outputs.filter(({ type }) => ['sequence', 'map', 'optional'].includes(type));
  if (untyped.length > 0) {
    const names = untyped.map(({ name, type }) => `"${name}" (${type})`).join(', ');
    return rawTensors(
      findings,
      `the agent cannot load this model: it gives ${names}, and only tensors are read; export it without (ZipMap off)`,
    );
  }
  for (const guess of GUESSES) {
    const proposal = guess(evidence);
    if (proposal) return proposal;
  }
  return rawTensors(findings, 'no family that is known has these outputs');
}
