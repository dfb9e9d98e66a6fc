import { askForPixels, IMAGENET } from './propose-pixels.ts';
import { makerOf } from './proposed-output.ts';
import type { Guess } from './proposed-output.ts';
import type { OnnxModel, OnnxValue } from './read-onnx.ts';

/** Names that exporters give to vectors: CLIP's image_embeds, face and re-identification models, image2vec. */
const VECTOR_NAME = /embed|descriptor|feature|feat$|^feat|image_vec|^fc1$/i;
/** Transformers' backbones (DINOv2, ViT) give a row for each patch behind one for the whole picture. */
const ROWS_NAME = 'last_hidden_state';

/** One vector for a picture, told by the name of the output or because the graph scales it to length 1. */
export const embedding: Guess = ({ model, input, facts, findings }) => {
  // The names of classes say that scores come out.
  if (facts.labels !== undefined) return undefined;
  const rows = model.outputs.find(({ name, shape }) => name === ROWS_NAME && shape.length === 3);
  const vector = model.outputs.find(
    (output) => isVector(output) && (VECTOR_NAME.test(output.name) || isUnit(model, output)),
  );
  const output = vector ?? rows;
  if (!output || ['Softmax', 'Sigmoid'].includes(makerOf(model, output) ?? '')) return undefined;
  findings.note(
    'output.scoreThreshold: 0.5 is a guess; take the cosine that keeps pictures of different things apart, as edgeml predict shows it',
  );
  findings.note('output.gallery: edgeml package --gallery writes one, and devices enroll pictures of their own');
  return {
    task: 'embedding',
    output: { decoder: 'embedding', output: output.name, ...(output === rows ? { pooling: 'first' } : {}) },
    pixels: askForPixels(input, facts, IMAGENET, 'models of this kind take', findings),
  };
};

/** One side besides the batch, or single pixels. */
function isVector({ shape }: OnnxValue): boolean {
  return shape.length === 2 || (shape.length === 4 && shape[2] === 1 && shape[3] === 1);
}

/** Whether the graph divides the vector by its length. */
function isUnit(model: OnnxModel, output: OnnxValue): boolean {
  const maker = makerOf(model, output);
  if (maker === 'LpNormalization') return true;
  const divided = model.nodes.find(({ op, outputs }) => op === 'Div' && outputs.includes(output.name));
  return maker === 'Div' && divided !== undefined && model.nodes.some(({ op }) => op === 'ReduceL2');
}
