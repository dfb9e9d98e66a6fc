import { anomalib } from './propose-anomalib.ts';
import { classifier } from './propose-classifier.ts';
import { boxesAndScores, finishedDetector, oneTable, queries, yolov3Heads } from './propose-detector.ts';
import { ultralytics } from './propose-ultralytics.ts';
import { rawTensors } from './proposed-output.ts';
import type { Evidence, ProposedOutput } from './proposed-output.ts';

/** PaddleOCR, tools/infer/predict_rec.py, and RapidOCR do the same: see docs/models.md, "Preparation as steps". */
const PADDLE_INPUT = `input: callers send tensors; if they are to send pictures of lines, add ${JSON.stringify({
  color: 'BGR',
  steps: [
    { step: 'resize', height: 48, maxWidth: 320, rounding: 'ceil' },
    { step: 'pad', width: 320, height: 48, align: 'top-left', value: 127.5 },
    { step: 'normalize', mean: 127.5, std: 127.5 },
  ],
})}, which is how PP-OCR's recognisers are fed`;

/** By the exporter's metadata first, then by the first family that the shapes fit. */
export function proposeOutput(evidence: Evidence): ProposedOutput {
  const { model, facts, findings } = evidence;
  if (facts.task === 'text-recognition') {
    findings.note(PADDLE_INPUT);
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
  for (const guess of [
    ultralytics,
    anomalib,
    finishedDetector,
    queries,
    yolov3Heads,
    boxesAndScores,
    oneTable,
    classifier,
  ]) {
    const proposal = guess(evidence);
    if (proposal) return proposal;
  }
  return rawTensors(findings, 'no family that is known has these outputs');
}
