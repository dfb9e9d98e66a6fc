import type { Findings } from './findings.ts';
import { classifierPixels } from './propose-pixels.ts';
import { makerOf, rawTensors } from './proposed-output.ts';
import type { Guess } from './proposed-output.ts';
import type { OnnxModel, OnnxValue } from './read-onnx.ts';

/** One score per class: rank 2, or rank 4 with a single pixel. */
export const classifier: Guess = ({ model, input, facts, findings }) => {
  const output = model.outputs[0];
  if (!output || model.outputs.length > 1 || ![2, 4].includes(output.shape.length)) return undefined;
  if (output.shape.length === 4 && (output.shape[2] !== 1 || output.shape[3] !== 1)) return undefined;
  const classes = output.shape[1];
  if (typeof classes !== 'number' && facts.labels === undefined) {
    const sides = `[${output.shape.join(', ')}]`;
    return rawTensors(findings, `"${output.name}" ${sides} does not have a fixed number of classes`);
  }
  // An embedding has the same shape.
  if (!hasActivation(model, output) && facts.labels === undefined) {
    findings.note(
      `"${output.name}" may be an embedding or a regression as well as raw scores of classes; if it is, take the decoder "tensor"`,
    );
  }
  return {
    task: 'image-classification',
    output: { decoder: 'classification', output: output.name, ...activationOf(model, output, findings) },
    pixels: classifierPixels(model, input, output, facts, findings),
  };
};

function hasActivation(model: OnnxModel, output: OnnxValue): boolean {
  return ['Softmax', 'Sigmoid'].includes(makerOf(model, output) ?? '');
}

/** The activation that the scores still need, by the operator that makes them. */
export function activationOf(
  model: OnnxModel,
  output: OnnxValue,
  findings: Findings,
): Readonly<Record<string, unknown>> {
  const scales = scalesOf(model, output);
  if (hasActivation(model, output)) return { activation: 'none', ...scales };
  findings.ask(
    ['output.activation'],
    'the graph ends in raw scores; "softmax" is usual for one class an image, "sigmoid" for several at once',
  );
  return { activation: 'softmax', ...scales };
}

/** How a quantized output becomes numbers. */
function scalesOf(model: OnnxModel, output: OnnxValue): Readonly<Record<string, number>> {
  const node = model.nodes.find(({ outputs }) => outputs.includes(output.name));
  if (node?.op !== 'QuantizeLinear') return {};
  const scalar = (name: string | undefined): number | undefined =>
    model.weights.find((weight) => weight.name === name)?.scalar;
  const zeroPoint = scalar(node.inputs[2]) ?? 0;
  return { scale: scalar(node.inputs[1]) ?? 1, ...(zeroPoint === 0 ? {} : { zeroPoint }) };
}
