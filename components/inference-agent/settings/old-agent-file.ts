/**
 * Configuration in the form of the old agent's file (`-c config.json`, keys `sagemaker_edge_…`), as that of the component; any
 * other configuration is passed on as it is. Settings of the component may stand in the file as well, and hold over old keys. Keys that
 * need something else in its place are told in `notTaken`.
 */
export function fromOldAgentFile(raw: unknown): OldAgentFile {
  if (!isOldAgentFile(raw)) return { configuration: raw, notTaken: [] };
  const taken = Object.entries(raw).flatMap(([key, value]) => {
    const name = NAMES[key];
    return name === undefined ? [] : [[name, value] as const];
  });
  const own = Object.fromEntries(Object.entries(raw).filter(([key]) => !key.startsWith(PREFIX)));
  const notTaken = Object.keys(raw).filter((key) => key.startsWith(PREFIX) && NAMES[key] === undefined);
  const defaults = { EdgeManager: 'on', CaptureDataDestination: 'Disk' };
  const provider = providerOf(raw[`${PREFIX}provider_provider`], raw[`${PREFIX}provider_provider_path`]);
  const kept = notTaken
    .filter((key) => !HANDLED.has(key))
    .map((key) => ({ key, instead: INSTEAD[key] ?? 'nothing has this name' }));
  return { configuration: { ...defaults, ...Object.fromEntries(taken), ...provider, ...own }, notTaken: kept };
}

export interface OldAgentFile {
  readonly configuration: unknown;
  readonly notTaken: readonly { readonly key: string; readonly instead: string }[];
}

const PREFIX = 'sagemaker_edge_';
const CAPTURE = `${PREFIX}core_capture_data_`;

/** Old key → setting of the component. The name came in two forms; `device_uuid` is the older one. */
const NAMES: Readonly<Record<string, string>> = {
  [`${PREFIX}core_device_uuid`]: 'DeviceName',
  [`${PREFIX}core_device_name`]: 'DeviceName',
  [`${PREFIX}core_device_fleet_name`]: 'DeviceFleetName',
  [`${PREFIX}core_region`]: 'S3Region',
  [`${PREFIX}core_folder_prefix`]: 'FolderPrefix',
  [`${PREFIX}provider_s3_bucket_name`]: 'BucketName',
  [`${CAPTURE}destination`]: 'CaptureDataDestination',
  [`${CAPTURE}disk_path`]: 'CaptureDataDiskPath',
  [`${CAPTURE}buffer_size`]: 'CaptureDataBufferSize',
  [`${CAPTURE}batch_size`]: 'CaptureDataBatchSize',
  [`${CAPTURE}push_period_seconds`]: 'CaptureDataPushPeriodSeconds',
  [`${CAPTURE}base64_embed_limit`]: 'CaptureDataBase64EmbedLimit',
  [`${CAPTURE}periodic_upload`]: 'CaptureDataPeriodicUpload',
  [`${CAPTURE}periodic_upload_period_seconds`]: 'CaptureDataPeriodicUploadPeriodSeconds',
  [`${PREFIX}core_iot_thing_name`]: 'IotThingName',
  [`${PREFIX}provider_aws_ca_cert_file`]: 'IotAuthorityFile',
  [`${PREFIX}provider_aws_cert_file`]: 'IotCertificateFile',
  [`${PREFIX}provider_aws_cert_pk_file`]: 'IotPrivateKeyFile',
  [`${PREFIX}provider_aws_iot_cred_endpoint`]: 'IotCredentialEndpoint',
  [`${PREFIX}log_verbose`]: 'SagemakerEdgeLogVerbose',
  [`${PREFIX}local_data_root_path`]: 'LocalDataRootPath',
};

const HANDLED: ReadonlySet<string> = new Set([`${PREFIX}provider_provider`, `${PREFIX}provider_provider_path`]);

const INSTEAD: Readonly<Record<string, string>> = {
  [`${PREFIX}core_root_certs_path`]: 'TrustedKeys and SignaturePolicy',
  [`${PREFIX}core_endpoint_override`]: 'S3Endpoint',
  [`${PREFIX}telemetry_libsystemd_path`]: 'nothing: crashes are counted by the agent itself',
};

/** A native plug-in cannot be loaded: what it did is a module's task now, and Custom without one would not start. */
function providerOf(provider: unknown, path: unknown): Readonly<Record<string, unknown>> {
  if (typeof provider !== 'string') return {};
  if (provider.toLowerCase() !== 'custom') return { CloudProvider: provider };
  return { CloudProvider: provider, CloudProviderPath: path };
}

function isOldAgentFile(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && Object.keys(raw).some((key) => key.startsWith(PREFIX));
}
