import process from 'node:process';
import { connectCloud } from '../clients.ts';
import { cloudErrors } from '../errors.ts';
import { dailyReport } from './daily-report.ts';
import type { ReportMail } from './daily-report.ts';

/** Less than the time-out of the function, so that its log says what it waited for. */
const TIMEOUT_MS = 110_000;

/** Entry point of the Lambda function that a schedule calls once a day; the state machine around it sends the mail. */
export async function handler(): Promise<ReportMail> {
  const { FLEET_BUCKET: bucket = '', THING_GROUP: group = '' } = process.env;
  if (bucket === '') throw cloudErrors.error('pipeline.configuration', 'FLEET_BUCKET is not set');
  const clients = await connectCloud();
  try {
    const of = group === '' ? {} : { group };
    return await dailyReport(clients, { bucket, ...of, now: Date.now(), signal: AbortSignal.timeout(TIMEOUT_MS) });
  } finally {
    clients.close();
  }
}
