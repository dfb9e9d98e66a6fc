import { modelFolder } from './model-folder.ts';
import { buildOnnx } from './onnx-builder.ts';

/** `load-and-unload.ts <times>`: loads a model of 16 MB, runs and unloads it; prints the resident memory after each as JSON. */
const classes = 4096;
const onnx = buildOnnx({
  inputs: [{ name: 'image', shape: [1, 3, 8, 8] }],
  outputs: [{ name: 'scores', shape: [1, classes] }],
  nodes: [
    { op: 'GlobalAveragePool', inputs: ['image'], outputs: ['mean'] },
    { op: 'Flatten', inputs: ['mean'], outputs: ['flat'], attributes: { axis: 1 } },
    { op: 'MatMul', inputs: ['flat', 'spread'], outputs: ['wide'] },
    { op: 'MatMul', inputs: ['wide', 'weights'], outputs: ['scores'] },
  ],
  weights: [
    { name: 'spread', shape: [3, 1024], values: new Array<number>(3 * 1024).fill(0.5) },
    {
      name: 'weights',
      shape: [1024, classes],
      values: Array.from({ length: 1024 * classes }, (_, index) => Math.sin(index)),
    },
  ],
});
const folder = await modelFolder({ output: { decoder: 'classification' } }, { 'model.onnx': onnx }, []);
const residentMb: number[] = [];
for (let times = Number(process.argv[2]); times > 0; times--) {
  const model = await folder.load();
  await model.warmUp();
  await model.close();
  globalThis.gc?.();
  residentMb.push(Math.round(process.memoryUsage().rss / 1e6));
}
await folder.remove();
console.log(JSON.stringify(residentMb));
