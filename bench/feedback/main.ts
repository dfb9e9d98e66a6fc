import { parseArgs } from 'node:util';
import { measureFeedbackLatency } from './feedback-latency.ts';

/** `npm run bench:feedback -- --images 400`: prints the report as JSON. */
const { values } = parseArgs({ options: { images: { type: 'string', default: '400' } } });
const images = Number(values.images);
if (Number.isInteger(images) && images > 0) {
  console.log(JSON.stringify(await measureFeedbackLatency(images), undefined, 2));
} else {
  console.error(`--images is ${values.images}; give a whole number above 0`);
  process.exitCode = 2;
}
