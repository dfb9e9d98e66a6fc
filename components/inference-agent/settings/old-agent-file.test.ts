import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '#packages/foundation';
import { agentConfiguration } from '../config.ts';
import { fromOldAgentFile } from './old-agent-file.ts';

const parse = (raw: object) =>
  parseConfiguration(agentConfiguration, fromOldAgentFile(raw).configuration, { component: 'edgeml.InferenceAgent' });

/** As the generator of the old samples wrote it: some values as text, some not. */
const OLD = {
  sagemaker_edge_core_device_name: 'belt-7',
  sagemaker_edge_core_device_fleet_name: 'plant-2',
  sagemaker_edge_core_region: 'eu-west-1',
  sagemaker_edge_core_root_certs_path: '/opt/certs',
  sagemaker_edge_core_folder_prefix: 'captures',
  sagemaker_edge_provider_provider: 'Aws',
  sagemaker_edge_provider_provider_path: '/opt/lib/libprovider_aws.so',
  sagemaker_edge_provider_aws_cert_file: '/opt/certs/device.pem',
  sagemaker_edge_provider_s3_bucket_name: 'my-sagemaker-data',
  sagemaker_edge_core_capture_data_destination: 'Cloud',
  sagemaker_edge_core_capture_data_buffer_size: 30,
  sagemaker_edge_core_capture_data_batch_size: '10',
  sagemaker_edge_core_capture_data_push_period_seconds: 4,
  sagemaker_edge_core_capture_data_base64_embed_limit: 2048,
  sagemaker_edge_core_capture_data_periodic_upload: 'true',
  sagemaker_edge_core_capture_data_periodic_upload_period_seconds: '8',
  sagemaker_edge_core_capture_data_disk_path: '/data',
  sagemaker_edge_log_verbose: false,
};

describe('row 101: a configuration file of the old agent', () => {
  it('is taken with every key that has a meaning here, as text or not', () => {
    expect(parse(OLD)).toMatchObject({
      EdgeManager: 'on',
      DeviceName: 'belt-7',
      DeviceFleetName: 'plant-2',
      S3Region: 'eu-west-1',
      FolderPrefix: 'captures',
      CloudProvider: 'Aws',
      BucketName: 'my-sagemaker-data',
      CaptureDataDestination: 'Cloud',
      CaptureDataBufferSize: 30,
      CaptureDataBatchSize: 10,
      CaptureDataPushPeriodSeconds: 4,
      CaptureDataBase64EmbedLimit: 2_048,
      CaptureDataPeriodicUpload: true,
      CaptureDataPeriodicUploadPeriodSeconds: 8,
      CaptureDataDiskPath: '/data',
      SagemakerEdgeLogVerbose: false,
    });
  });

  it('tells what takes the place of the others', () => {
    expect(fromOldAgentFile({ ...OLD, sagemaker_edge_core_typo: 1 }).notTaken).toEqual([
      { key: 'sagemaker_edge_core_root_certs_path', instead: 'TrustedKeys and SignaturePolicy' },
      {
        key: 'sagemaker_edge_provider_aws_cert_file',
        instead: 'keys come from the token exchange service of Greengrass',
      },
      { key: 'sagemaker_edge_core_typo', instead: 'nothing has this name' },
    ]);
  });

  it('captures to the disk by default, as the bare agent did', () => {
    expect(parse({ sagemaker_edge_core_device_fleet_name: 'plant-2' })).toMatchObject({
      CaptureDataDestination: 'Disk',
    });
  });

  it('may have the name of the device under its oldest key', () => {
    expect(parse({ sagemaker_edge_core_device_uuid: 'belt-7' })).toMatchObject({ DeviceName: 'belt-7' });
  });

  it('is refused with a batch as large as the buffer, and with an embed limit above 3072', () => {
    const wrong = { ...OLD, sagemaker_edge_core_capture_data_batch_size: 30 };
    expect(() => parse(wrong)).toThrow(/CaptureDataBatchSize/);
    expect(() => parse({ ...OLD, sagemaker_edge_core_capture_data_base64_embed_limit: 4_096 })).toThrow(
      /CaptureDataBase64EmbedLimit/,
    );
  });

  it('names the module of a provider of its own', () => {
    const custom = {
      sagemaker_edge_provider_provider: 'Custom',
      sagemaker_edge_provider_provider_path: '/opt/provider.js',
    };
    expect(parse(custom)).toMatchObject({ CloudProvider: 'Custom', CloudProviderPath: '/opt/provider.js' });
  });

  it('is told from one of the component, which is passed on as it is', () => {
    const own = { DeviceFleetName: 'plant-2' };
    expect(fromOldAgentFile(own)).toEqual({ configuration: own, notTaken: [] });
  });
});
