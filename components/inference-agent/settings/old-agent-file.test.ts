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
      IotCertificateFile: '/opt/certs/device.pem',
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

  it('may have the identity of an IoT thing, which gets the keys for the bucket', () => {
    const identity = {
      sagemaker_edge_core_iot_thing_name: 'belt-7',
      sagemaker_edge_provider_aws_ca_cert_file: '/certs/ca.pem',
      sagemaker_edge_provider_aws_cert_file: '/certs/device.pem',
      sagemaker_edge_provider_aws_cert_pk_file: '/certs/device.key',
      sagemaker_edge_provider_aws_iot_cred_endpoint:
        'https://c1.credentials.iot.eu-west-1.amazonaws.com/role-aliases/Edge/credentials',
    };
    expect(fromOldAgentFile(identity).notTaken).toEqual([]);
    expect(parse(identity)).toMatchObject({
      IotThingName: 'belt-7',
      IotAuthorityFile: '/certs/ca.pem',
      IotCertificateFile: '/certs/device.pem',
      IotPrivateKeyFile: '/certs/device.key',
      IotCredentialEndpoint: expect.stringContaining('/role-aliases/Edge/credentials') as string,
    });
    const endpoint = { sagemaker_edge_provider_aws_iot_cred_endpoint: 'c1.credentials.iot.eu-west-1.amazonaws.com' };
    expect(() => parse(endpoint)).toThrow(/IotCredentialEndpoint/);
  });

  it('may hold settings of the component beside the old keys, which hold over them', () => {
    const mixed = { ...OLD, S3Endpoint: 'https://store.example', SignaturePolicy: 'require', FolderPrefix: 'new' };
    expect(fromOldAgentFile(mixed).notTaken.map(({ key }) => key)).toEqual(['sagemaker_edge_core_root_certs_path']);
    expect(parse(mixed)).toMatchObject({
      S3Endpoint: 'https://store.example',
      SignaturePolicy: 'require',
      FolderPrefix: 'new',
      BucketName: 'my-sagemaker-data',
    });
  });

  it('may have a batch as large as the buffer, as published files do, but none larger', () => {
    const sizes = { buffer_size: 2_048, batch_size: 2_048 };
    const of = (changes: object) =>
      Object.fromEntries(
        Object.entries({ ...sizes, ...changes }).map(([key, value]) => [
          `sagemaker_edge_core_capture_data_${key}`,
          value,
        ]),
      );
    expect(parse(of({}))).toMatchObject({ CaptureDataBufferSize: 2_048, CaptureDataBatchSize: 2_048 });
    expect(() => parse(of({ batch_size: 2_049 }))).toThrow(/CaptureDataBatchSize/);
  });

  it('is refused with an embed limit above 3072', () => {
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
