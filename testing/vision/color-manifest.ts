/** `model.json` of the smallest classifier, `meanColorModel(8)` as `model.onnx`: red, green and blue by how much of each is in the picture. */
export const COLOR_MANIFEST = {
  schemaVersion: 1,
  name: 'Colors',
  version: '1.0.0',
  task: 'image-classification',
  input: { name: 'image', width: 8, height: 8, std: 255 },
  output: { decoder: 'classification', output: 'probs' },
  labels: 'labels.txt',
  variants: [{ file: 'model.onnx' }],
} as const;
