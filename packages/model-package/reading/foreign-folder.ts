import type { PackageFile } from './list-files.ts';

/** Files of SageMaker Neo: machine code, weights and graph for the DLR runtime, and what it knows of the model. */
const NEO_FILE = /^(?:libdlr\.so|dlr\.dll|compiled(?:\.so|\.dll|\.params|\.meta|_model\.json)|.*\.ro)$/;
/** Files in which Neo and the packaging job say what the model was made with. */
export const NEO_FACT_FILES = ['compiled.meta', 'sagemaker_edge_manifest'] as const;

/** Ways to ONNX, by framework. */
const EXPORTS: readonly (readonly [RegExp, string])[] = [
  [/pytorch|torch/i, 'PyTorch: torch.onnx.export'],
  [/tensorflow|keras|tflite/i, 'TensorFlow and Keras: python -m tf2onnx.convert'],
  [/mxnet|gluon/i, 'MXNet: mxnet.onnx.export_model'],
  [/onnx/i, 'ONNX: the file that went into the compilation'],
  [/darknet/i, 'Darknet: its weights by way of PyTorch, then torch.onnx.export'],
  [/xgboost|sklearn/i, 'XGBoost and scikit-learn: onnxmltools or skl2onnx'],
];

export interface NeoFacts {
  readonly files: readonly string[];
  readonly framework?: string;
  readonly target?: string;
}

/** Files of the folder that Neo made; empty if it did not. */
export function neoFiles(files: readonly PackageFile[]): readonly string[] {
  const names = files.map(({ path }) => path).filter((path) => NEO_FILE.test(path.split('/').at(-1) ?? ''));
  // A model that Neo did not compile may come with a plug-in for its runtime.
  return names.some((name) => /compiled|libdlr|dlr\.dll/.test(name)) ? names : [];
}

/** Facts that such a folder tells about its model. @param texts of `NEO_FACT_FILES`, as far as they are there */
export function neoFacts(files: readonly string[], texts: readonly string[]): NeoFacts {
  const all = texts.map(jsonOf);
  const find = (key: RegExp): string | undefined =>
    all.map((value) => valueOf(value, key)).find((found) => found !== undefined);
  const [framework, target] = [find(/^framework$/i), find(/^target_?(?:device|platform)$/i)];
  return { files, ...(framework === undefined ? {} : { framework }), ...(target === undefined ? {} : { target }) };
}

/** Advice, e.g. `export the trained model to ONNX instead (PyTorch: torch.onnx.export)`. */
export function exportInstead({ framework }: NeoFacts): string {
  const ways = EXPORTS.filter(([pattern]) => framework !== undefined && pattern.test(framework));
  const named = (ways.length > 0 ? ways : EXPORTS.slice(0, 3)).map(([, how]) => how);
  return `export the trained model to ONNX instead (${named.join('; ')})`;
}

/** The first text under a key, wherever it is. */
function valueOf(value: unknown, key: RegExp): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    if (key.test(name) && typeof inner === 'string' && inner !== '') return inner;
    const found = valueOf(inner, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
