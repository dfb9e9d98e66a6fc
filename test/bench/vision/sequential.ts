import { photo, photoNames } from '../../vision/shared-data.ts';
import { loadReference, referenceModel } from '../../vision/reference-models.ts';
import { peakRssMb, summarize } from './measurement.ts';

/**
 * One image after the other in a process of its own, as `python_peer.py --mode seq` does it:
 * `sequential.ts <model> <count> <threads> [reduced]`. Prints one JSON line.
 */
const [name = '', countText, threadsText, reduced] = process.argv.slice(2);
const count = Number(countText);
const images = photoNames()
  .filter((file) => file.endsWith('.jpg'))
  .map(photo);
const model = await loadReference(referenceModel(name), {
  intraOpThreads: Number(threadsText),
  spinning: true,
  reducedDecode: reduced === 'reduced',
});
for (const image of images) await model.infer(image);

const latencies: number[] = [];
let decodeAndRunMs = 0;
let resizeMs = 0;
const start = performance.now();
for (let index = 0; index < count; index++) {
  const before = performance.now();
  const { timings } = await model.infer(images[index % images.length] as Uint8Array);
  latencies.push(performance.now() - before);
  decodeAndRunMs += timings.decodeMs + timings.runMs;
  resizeMs += timings.preprocessMs;
}
const elapsed = performance.now() - start;
await model.close();
const measured = summarize(latencies, elapsed, peakRssMb('self'));
console.log(JSON.stringify({ ...measured, decodeAndRunMs: decodeAndRunMs / count, resizeMs: resizeMs / count }));
