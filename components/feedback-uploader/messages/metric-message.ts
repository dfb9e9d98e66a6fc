/** The metrics of the old connector with their units. */
const UNITS = {
  /** Before the upload of each sample. */
  SampleSize: 'Bytes',
  SampleUploadSuccess: 'Count',
  SampleAndPredictionPublished: 'Count',
  SampleUploadFailure: 'Count',
  /** Dropped by the strategy, or over its quota. */
  SampleNotUsed: 'Count',
  ErrorRequestThrottled: 'Count',
} as const;

export type MetricName = keyof typeof UNITS;

/** Message on `cloudwatch/metric/put`. */
export interface MetricMessage {
  readonly request: {
    readonly namespace: 'GreengrassFeedbackConnector';
    readonly metricData: { readonly metricName: MetricName; readonly unit: 'Bytes' | 'Count'; readonly value: number };
  };
}

export function metricMessage(metricName: MetricName, value = 1): MetricMessage {
  const metricData = { metricName, unit: UNITS[metricName], value };
  return { request: { namespace: 'GreengrassFeedbackConnector', metricData } };
}
