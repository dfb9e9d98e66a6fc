import type { FuzzTarget } from '../../testing/fuzz/fuzz-target.ts';
import { unlessRefused } from '../../testing/fuzz/fuzz-target.ts';
import { parseLabels, parseManifest } from './schema.ts';
import { inputOf, outputOf } from './variant-specs.ts';
import { parseSignatureFile, signedBytes } from './signature/signature-file.ts';

const MANIFEST = {
  schemaVersion: 1,
  version: '1.0.0',
  task: 'object-detection',
  input: {
    width: 320,
    height: 320,
    layout: 'NCHW',
    dtype: 'float32',
    color: 'RGB',
    resize: 'letterbox',
    mean: [0, 0, 0],
    std: [255, 255, 255],
  },
  output: { decoder: 'yolov8', output: 'output0', scoreThreshold: 0.3 },
  labels: 'labels.txt',
  variants: [
    { file: 'm.onnx', precision: 'fp32' },
    { file: 'm8.onnx', precision: 'int8', providers: ['cpu'], input: { dtype: 'uint8' } },
  ],
  golden: [{ input: 'golden/a.jpg', expect: 'golden/a.json', scoreTolerance: 0.05, iou: 0.9 }],
};

const SIGNATURE = {
  algorithm: 'Ed25519',
  keyId: 'a'.repeat(16),
  files: { 'm.onnx': 'a'.repeat(64) },
  signature: 'YQ==',
};

const target: FuzzTarget = {
  about: 'model.json, signature.json and labels of a package',
  dictionary: [
    '"decoder":"ssd"',
    '"decoder":"classification"',
    '"task":"tensor"',
    '"tensors":{',
    '"__proto__"',
    '../',
    '\\u0000',
    'null',
    '[]',
    '{}',
  ],
  seeds: () => [
    Buffer.from(JSON.stringify(MANIFEST)),
    Buffer.from(JSON.stringify({ ...MANIFEST, task: 'tensor', input: undefined, output: { decoder: 'tensor' } })),
    Buffer.from(
      JSON.stringify({ ...SIGNATURE, schemaVersion: 2, claims: { aliases: ['M'], minimumVersion: '1.0.0' } }),
    ),
    Buffer.from(JSON.stringify({ ...SIGNATURE, schemaVersion: 1 })),
  ],
  run(bytes) {
    const text = Buffer.from(bytes).toString('utf8');
    parseLabels(text);
    const signature = unlessRefused(() => parseSignatureFile(text));
    // The agent asks for these of every file that it takes.
    if (signature) signedBytes(signature);
    const value = jsonOf(text);
    if (value === undefined) return;
    const manifest = unlessRefused(() => parseManifest(value));
    // An agent asks this of each variant of a manifest that was taken.
    for (const variant of manifest?.variants ?? []) {
      inputOf(manifest!, variant);
      outputOf(manifest!, variant);
    }
  },
};
export default target;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
