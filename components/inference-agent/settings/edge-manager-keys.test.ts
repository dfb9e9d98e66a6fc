import { describe, expect, it } from 'vitest';
import { defaultConfiguration, parseConfiguration } from '#packages/foundation';
import { agentConfiguration } from '../config.ts';
import { edgeManagerKeys } from './edge-manager-keys.ts';

const parse = (raw: object) => parseConfiguration(agentConfiguration, raw, { component: 'edgeml.InferenceAgent' });

describe('settings of Edge Manager', () => {
  it('has the socket in the work folder if nothing else is said: others can take a path in /tmp first', () => {
    expect(defaultConfiguration(agentConfiguration)).toMatchObject({ UnixSocketName: 'edge-manager.sock' });
  });

  it('row 120: has every key of the old component, with its default, in edgeml.EdgeManager', () => {
    const defaults = Object.fromEntries(
      Object.entries(edgeManagerKeys).map(([key, setting]) => [key, setting.parse(undefined)]),
    );
    expect(defaults).toMatchObject({
      DeviceFleetName: '',
      BucketName: '',
      CaptureDataBatchSize: 10,
      CaptureDataBufferSize: 30,
      CaptureDataDestination: 'Cloud',
      CaptureDataPeriodicUpload: false,
      CaptureDataPeriodicUploadPeriodSeconds: 8,
      CaptureDataPushPeriodSeconds: 4,
      CaptureDataBase64EmbedLimit: 3_072,
      CaptureDataDiskPath: 'capture',
      LocalDataRootPath: '',
      DbEnable: false,
      DeploymentEnable: false,
      DeploymentPollInterval: 1_440,
      DLRBackendOptions: '',
      SagemakerEdgeLogVerbose: false,
      UnixSocketName: '/tmp/aws.greengrass.SageMakerEdgeManager.sock',
      FolderPrefix: 'sme-capture',
    });
  });

  it('row 120: takes every value as text, as the old component had them', () => {
    const old = {
      DeviceFleetName: 'plant-2',
      BucketName: 'my-sagemaker-data',
      CaptureDataBatchSize: '5',
      CaptureDataBufferSize: '12',
      CaptureDataDestination: 'Disk',
      CaptureDataPeriodicUpload: 'true',
      CaptureDataPeriodicUploadPeriodSeconds: '60',
      CaptureDataPushPeriodSeconds: '2',
      CaptureDataBase64EmbedLimit: '100',
      CaptureDataDiskPath: '/data/capture',
      LocalDataRootPath: '/data',
      DbEnable: 'True',
      DeploymentEnable: 'false',
      DeploymentPollInterval: '60',
      DLRBackendOptions: 'TVM_TENSORRT_CACHE_DIR=/tmp',
      SagemakerEdgeLogVerbose: 'true',
      UnixSocketName: '/tmp/edge.sock',
      FolderPrefix: 'plant/captures',
    };
    expect(parse(old)).toMatchObject({
      ...old,
      CaptureDataBatchSize: 5,
      CaptureDataBufferSize: 12,
      CaptureDataPeriodicUpload: true,
      CaptureDataPeriodicUploadPeriodSeconds: 60,
      CaptureDataPushPeriodSeconds: 2,
      CaptureDataBase64EmbedLimit: 100,
      DbEnable: true,
      DeploymentEnable: false,
      DeploymentPollInterval: 60,
      SagemakerEdgeLogVerbose: true,
    });
  });

  it.each([
    ['row 101', { CaptureDataBatchSize: 31 }, '/CaptureDataBatchSize: may not be more than CaptureDataBufferSize'],
    ['row 101', { CaptureDataBufferSize: '9' }, '/CaptureDataBatchSize'],
    ['row 96', { CaptureDataBase64EmbedLimit: 3_073 }, '/CaptureDataBase64EmbedLimit'],
    ['row 96', { CaptureDataBase64EmbedLimit: '0' }, '/CaptureDataBase64EmbedLimit'],
    ['row 120', { CaptureDataDestination: 'Tape' }, '/CaptureDataDestination'],
    ['row 111', { DeviceFleetName: 'plant_2' }, '/DeviceFleetName'],
    ['row 111', { DeviceFleetName: 'x'.repeat(64) }, '/DeviceFleetName'],
    ['row 120', { BucketName: 'Not A Bucket' }, '/BucketName'],
    ['row 97', { FolderPrefix: 'a/../b' }, '/FolderPrefix'],
    ['row 97', { FolderPrefix: '/a' }, '/FolderPrefix'],
    ['row 102', { CloudProvider: 'Custom', CloudProviderPath: 'provider.js' }, '/CloudProviderPath'],
  ])('%s: refuses %j and names the setting', (_row, raw, said) => {
    expect(() => parse(raw)).toThrow(
      expect.objectContaining({ code: 'config.invalid', message: expect.stringContaining(said) as string }) as Error,
    );
  });
});
