import type { FeedbackClient } from '#packages/http';
import { metric, metricSum } from './uploader-process.ts';

/** Samples since the spool was made, as the uploader says: its process may have ended meanwhile. `accepted` is the sum of the others. */
export interface Books {
  readonly accepted: number;
  readonly uploaded: number;
  readonly evicted: number;
  readonly waiting: number;
}

/** @throws EdgeError while the uploader does not answer */
export async function readBooks(client: FeedbackClient): Promise<Books> {
  const text = await client.metrics();
  return {
    accepted: metric(text, 'accepted_total'),
    uploaded: metric(text, 'uploaded_total'),
    evicted: metricSum(text, 'evicted_total'),
    waiting: metric(text, 'spool_samples'),
  };
}
