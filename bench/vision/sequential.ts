import { photo, photoNames } from '../../testing/vision/shared-data.ts';
import { loadReference, referenceModel } from '../../testing/vision/reference-models.ts';
import { ownCpu, peakRssMb, summarize } from './measurement.ts';

/**
 * One image after the other in its own process, as `python_peer.py --mode seq` does it:
 * `sequential.ts <model> <count> <threads>`. Prints one JSON line.
 */
const [name = '', countText, threadsText] = process.argv.slice(2);
const count = Number(countText);
const images = photoNames()
  .filter((file) => file.endsWith('.jpg'))
  .map(photo);
const model = await loadReference(referenceModel(name), { intraOpThreads: Number(threadsText) });
for (const image of images) await model.infer(image);

const latencies: number[] = [];
let decodeMs = 0;
let resizeMs = 0;
let runMs = 0;
const cpuBefore = ownCpu();
const start = performance.now();
for (let index = 0; index < count; index++) {
  const before = performance.now();
  const { timings } = await model.infer(images[index % images.length] as Uint8Array);
  latencies.push(performance.now() - before);
  decodeMs += timings.decodeMs;
  resizeMs += timings.preprocessMs;
  runMs += timings.runMs;
}
const elapsed = performance.now() - start;
const cpuMs = (ownCpu() - cpuBefore) / count;
await model.close();
const measured = summarize(latencies, elapsed, { memoryMb: peakRssMb('self'), cpuMs });
console.log(
  JSON.stringify({ ...measured, decodeMs: decodeMs / count, resizeMs: resizeMs / count, runMs: runMs / count }),
);
