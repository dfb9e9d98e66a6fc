import { describe, expect, it } from 'vitest';
import { feedbackPlace, withFeedback } from './with-feedback.ts';

const REQUEST = {
  rootComponentVersionsToAdd: { 'edgeml.InferenceApp': '1.0.0' },
  componentToConfiguration: {
    'edgeml.InferenceApp': {
      MERGE: {
        Sources: { a: { Services: ['Parts'] }, b: { Services: ['Parts', 'Street'] }, images: { Enabled: false } },
      },
    },
  },
};

describe('withFeedback', () => {
  it('gives what every service sees to the uploader, and the uploader the bucket', async () => {
    const place = feedbackPlace('s3://my-samples/bench/', 'http://localhost:9000');
    const { rootComponentVersionsToAdd, componentToConfiguration } = await withFeedback(REQUEST, place);
    expect(Object.keys(rootComponentVersionsToAdd ?? {})).toContain('edgeml.FeedbackUploader');
    expect(componentToConfiguration?.['edgeml.InferenceApp']).toMatchObject({
      MERGE: {
        Sources: REQUEST.componentToConfiguration['edgeml.InferenceApp'].MERGE.Sources,
        Services: {
          Parts: { MLFeedbackConnectorConfigId: 'Start' },
          Street: { MLFeedbackConnectorConfigId: 'Start' },
        },
      },
    });
    expect(componentToConfiguration?.['edgeml.FeedbackUploader']).toEqual({
      MERGE: {
        S3Endpoint: 'http://localhost:9000',
        S3ForcePathStyle: true,
        FeedbackConfigurationMap: {
          Start: {
            's3-bucket-name': 'my-samples',
            's3-prefix': 'bench',
            'content-type': 'image/jpeg',
            'file-ext': 'jpg',
          },
        },
      },
    });
  });

  it.each(['my-samples', 's3://', 's3://UPPER/x'])('refuses %s', (text) => {
    expect(() => feedbackPlace(text, undefined)).toThrow(expect.objectContaining({ code: 'cli.usage' }) as Error);
  });
});
