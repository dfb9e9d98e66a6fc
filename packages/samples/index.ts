/** The JSON that lies beside each sample in the bucket, and the forms that predictions come in. */
export { readPrediction } from './read-prediction.ts';
export type { Outcome, ReadPrediction } from './read-prediction.ts';
export { parseRecord, recordKey, sampleRecordSchema } from './sample-record.ts';
export type { SampleRecord } from './sample-record.ts';
