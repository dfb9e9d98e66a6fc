import type { SampleHeader } from '../spool/stored-sample.ts';

/** Message on `feedback/message/prediction`. `source-ref` is what Ground Truth calls it in augmented manifests. */
export interface PredictionMessage {
  readonly 'source-ref': string;
  readonly 'model-prediction': unknown;
  readonly 'config-id': string;
  readonly metadata: Readonly<Record<string, string>>;
}

export function predictionMessage(
  { configId, prediction, metadata }: SampleHeader,
  bucket: string,
  key: string,
): PredictionMessage {
  const { 'publish-ts': publishTs, ...given } = metadata;
  return {
    'source-ref': `s3://${bucket}/${key}`,
    'model-prediction': prediction,
    'config-id': configId,
    metadata: { 'publish-ts': publishTs ?? '', ...given },
  };
}
