import { randomBytes } from 'node:crypto';

/** File of a batch: the capture's own name where each has a file to itself, else the time and a random number. */
export function batchName(batchSize: number, captureId: string, time: number): string {
  if (batchSize === 1) return `${captureId}.jsonl`;
  const stamp = new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
  return `${stamp}-${randomBytes(4).toString('hex')}.jsonl`;
}
