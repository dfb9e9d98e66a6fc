import { classifier } from './propose-classifier.ts';
import { boxesAndScores, finishedDetector, oneTable, queries, yolov3Heads } from './propose-detector.ts';
import { ultralytics } from './propose-ultralytics.ts';
import { rawTensors } from './proposed-output.ts';
import type { Evidence, ProposedOutput } from './proposed-output.ts';

/** By the exporter's metadata first, then by the first family that the shapes fit. */
export function proposeOutput(evidence: Evidence): ProposedOutput {
  const { model, facts, findings } = evidence;
  if (facts.task === 'text-recognition') {
    return rawTensors(findings, 'the file lists the characters of a text recogniser, which no decoder reads yet');
  }
  const untyped = model.outputs.filter(({ type }) => ['sequence', 'map', 'optional'].includes(type));
  if (untyped.length > 0) {
    const names = untyped.map(({ name, type }) => `"${name}" (${type})`).join(', ');
    return rawTensors(
      findings,
      `the agent cannot load this model: it gives ${names}, and only tensors are read; export it without (ZipMap off)`,
    );
  }
  for (const guess of [ultralytics, finishedDetector, queries, yolov3Heads, boxesAndScores, oneTable, classifier]) {
    const proposal = guess(evidence);
    if (proposal) return proposal;
  }
  return rawTensors(findings, 'no family that is known has these outputs');
}
