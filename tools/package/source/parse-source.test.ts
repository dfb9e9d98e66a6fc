import { describe, expect, it } from 'vitest';
import { parseSource } from './parse-source.ts';

const code = (value: string) => expect.objectContaining({ code: value }) as Error;

describe('parseSource', () => {
  it.each([
    ['model.onnx', { kind: 'local', path: 'model.onnx' }],
    ['s3://models/street/model.tar.gz', { kind: 's3', bucket: 'models', key: 'street/model.tar.gz' }],
    ['s3://models/a b.zip?versionId=3/L4k', { kind: 's3', bucket: 'models', key: 'a b.zip', versionId: '3/L4k' }],
    [
      'arn:aws:sagemaker:eu-west-1:111122223333:training-job/street-7',
      {
        kind: 'training-job',
        arn: 'arn:aws:sagemaker:eu-west-1:111122223333:training-job/street-7',
        region: 'eu-west-1',
      },
    ],
    [
      'arn:aws-cn:sagemaker:cn-north-1:111122223333:model-package/street/7',
      {
        kind: 'model-package',
        arn: 'arn:aws-cn:sagemaker:cn-north-1:111122223333:model-package/street/7',
        region: 'cn-north-1',
      },
    ],
  ])('takes %s', (text, source) => {
    expect(parseSource(text)).toEqual(source);
  });

  it.each([
    '',
    's3://models',
    's3://models/',
    's3://models/folder/',
    'ftp://host/model.onnx',
    'https://',
    'arn:aws:s3:::models',
  ])('refuses %j', (text) => {
    expect(() => parseSource(text)).toThrow(code('package-source.invalid'));
  });

  it('says how the ARN of a training job is written', () => {
    expect(() => parseSource('arn:aws:sagemaker:eu-west-1:111122223333:training-job:street-7')).toThrow(
      /write "training-job\/", not "training-job:"/,
    );
  });

  it.each(['my.models', 'ab', 'Models', '-models', 'a'.repeat(64)])('row 28: refuses the bucket %s', (bucket) => {
    expect(() => parseSource(`s3://${bucket}/model.zip`)).toThrow(code('package-source.bucket-name'));
  });

  it('says that the name of a bucket is too short', () => {
    expect(() => parseSource('s3://b/h')).toThrow('the bucket "b" has too short a name: 1 of at least 3 characters');
  });
});
