import * as z from 'zod';
import { booleanSetting, choiceSetting, integerSetting, textSetting } from '#packages/foundation';

const CAPTURE_DESTINATIONS = ['Cloud', 'Disk'] as const;
const CLOUD_PROVIDERS = ['Aws', 'Custom', 'None'] as const;

/** Larger payloads always go to files of their own, as in the old agent. */
const MAX_EMBED_BYTES = 3_072;

const FLEET = /^(?:[A-Za-z0-9](?:-*[A-Za-z0-9]){0,62})?$/;
const BUCKET = /^(?:[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$/;
const PREFIX = /^(?:[A-Za-z0-9!_.*'()-]+(?:\/[A-Za-z0-9!_.*'()-]+)*)?$/;

/** Settings of the component `aws.greengrass.SageMakerEdgeManager` 1.3, by its names and with its defaults. */
export const edgeManagerKeys = {
  DeviceFleetName: textSetting({ pattern: FLEET, meaning: 'letters and digits, with "-" between them, 63 at most' })
    .default('')
    .describe('Fleet of the device, part of the keys of captured data and of heartbeats. Needed to capture data.'),
  BucketName: textSetting({ pattern: BUCKET, meaning: 'a bucket name has 3 to 63 of a-z, 0-9, "." and "-"' })
    .default('')
    .describe('Bucket of captured data. Needed with CaptureDataDestination Cloud and with CaptureDataPeriodicUpload.'),
  CaptureDataDestination: choiceSetting(CAPTURE_DESTINATIONS)
    .default('Cloud')
    .describe('`Cloud`: to the bucket, kept in memory until then. `Disk`: to CaptureDataDiskPath, safe when answered.'),
  CaptureDataBufferSize: integerSetting({ min: 2, max: 100_000 })
    .default(30)
    .describe('Captures that may be on their way to their destination; one more is refused.'),
  CaptureDataBatchSize: integerSetting({ min: 1, max: 10_000 })
    .default(10)
    .describe(
      'As many captures make a file. At most CaptureDataBufferSize, best half of it: captures that come while a full file is on its way need room.',
    ),
  CaptureDataPushPeriodSeconds: integerSetting({ min: 1, max: 86_400 })
    .default(4)
    .describe('A file is finished after this time at the latest, however few captures it has.'),
  CaptureDataBase64EmbedLimit: integerSetting({ min: 1, max: MAX_EMBED_BYTES })
    .default(MAX_EMBED_BYTES)
    .describe('Larger tensors and auxiliary data go to files beside the JSON lines, in bytes.'),
  CaptureDataDiskPath: textSetting()
    .default('capture')
    .describe('Folder of captured data, absolute or relative to the work folder of the component.'),
  CaptureDataPeriodicUpload: booleanSetting()
    .default(false)
    .describe('With Disk: whether the files are moved to the bucket, again and again.'),
  CaptureDataPeriodicUploadPeriodSeconds: integerSetting({ min: 1, max: 86_400 })
    .default(8)
    .describe('Time between two such moves.'),
  FolderPrefix: textSetting({
    pattern: PREFIX,
    meaning: 'names separated by "/", none at its ends, of letters, digits and !_.*\'()-',
  })
    .refine((prefix) => !prefix.split('/').some((level) => /^\.+$/.test(level)), 'may not hold "." or ".." as a level')
    .default('sme-capture')
    .describe('First part of the keys in the bucket, and of the path below CaptureDataDiskPath.'),
  UnixSocketName: textSetting()
    .default('/tmp/aws.greengrass.SageMakerEdgeManager.sock')
    .describe(
      'Socket on which clients of Edge Manager find the agent; empty: not served. The default is where the old agent had it. Any user of the device can take a path in /tmp first, which /healthz then tells; where clients can be told another path, use one in a folder that only the component may write into.',
    ),
  SagemakerEdgeLogVerbose: booleanSetting().default(false).describe('The same as LogLevel debug.'),
  LocalDataRootPath: textSetting()
    .default('')
    .describe('Taken and not used: what the agent keeps lies in the work folder of the component.'),
  DbEnable: booleanSetting()
    .default(false)
    .describe('Taken and not used: captures with the destination Disk always survive a loss of power.'),
  DeploymentEnable: booleanSetting()
    .default(false)
    .describe('Taken and not used: models come as components of a Greengrass deployment.'),
  DeploymentPollInterval: integerSetting({ min: 1 }).default(1_440).describe('Taken and not used, in minutes.'),
  DLRBackendOptions: textSetting().default('').describe('Accepted and ignored: this agent does not use DLR.'),
};

/** Configuration of `edgeml.EdgeManager`, which holds for the agent while that component is deployed. */
export const edgeManagerConfiguration = z.object(edgeManagerKeys);

/** Keys that the old agent took from its file or had built in, and keys that it did not have. */
export const fleetKeys = {
  DeviceName: textSetting({ pattern: FLEET, meaning: 'letters and digits, with "-" between them, 63 at most' })
    .default('')
    .describe(
      'Name of the device in captured data and heartbeats; empty: its thing name. A difference is warned about.',
    ),
  CloudProvider: choiceSetting(CLOUD_PROVIDERS)
    .default('Aws')
    .describe(
      '`Aws`: bucket and heartbeat over the nucleus. `Custom`: the module at CloudProviderPath. `None`: no cloud.',
    ),
  CloudProviderPath: textSetting()
    .default('')
    .describe(
      'Absolute path of a JavaScript module that only its owner may write. A change takes effect at the next start.',
    ),
  HeartbeatPeriodSeconds: integerSetting({ min: 0, max: 86_400 })
    .default(300)
    .describe('Time between two heartbeats, give or take a tenth; 0: none.'),
  StatePeriodSeconds: integerSetting({ min: 0, max: 604_800 })
    .default(86_400)
    .describe(
      'Longest time between two reports of the state of the device to its shadow `edgeml`, which the fleet index reads, with CloudProvider `Aws`; a change is reported within a minute. 0: none.',
    ),
  CaptureDataMaxDiskMB: integerSetting({ min: 1, max: 1_048_576 })
    .default(1_024)
    .describe('Captured data that may wait on the disk for their upload; more are refused.'),
  IotCredentialEndpoint: textSetting()
    .refine((text) => text === '' || /^https:\/\/[^/]+\/role-aliases\/[^/]+\/credentials$/.test(text), {
      message: 'expected https://<host>/role-aliases/<alias>/credentials',
    })
    .default('')
    .describe(
      'URL at which a device without a nucleus gets keys for the bucket with the certificate of its IoT thing: `https://<host>/role-aliases/<alias>/credentials`. Empty: from the token exchange service.',
    ),
  IotCertificateFile: textSetting().default('').describe('Certificate of the IoT thing, PEM, an absolute path.'),
  IotPrivateKeyFile: textSetting().default('').describe('Its private key, PEM, an absolute path.'),
  IotAuthorityFile: textSetting()
    .default('')
    .describe('Authority of the endpoint, PEM, an absolute path; empty: those that Node.js knows.'),
  IotThingName: textSetting()
    .default('')
    .describe('Name of the thing on a device without a nucleus; a nucleus tells it itself.'),
  S3Region: textSetting().default('').describe('Region of the bucket; empty: the region of the device.'),
  S3Endpoint: textSetting()
    .refine(
      (text) => text === '' || (URL.canParse(text) && /^https?:/.test(text)),
      'expected a URL that begins with http:// or https://',
    )
    .default('')
    .describe('URL of another S3-compatible store; empty: Amazon S3.'),
  S3AllowHttp: booleanSetting()
    .default(false)
    .describe('Takes an S3Endpoint without TLS on another machine: anybody on the way can read captures and keys.'),
  S3ForcePathStyle: booleanSetting()
    .default(false)
    .describe('Bucket in the path and not in the host name, as most other stores want it.'),
};

/** Keys whose value says something that this agent does not do. */
export const KEYS_WITHOUT_EFFECT = [
  'LocalDataRootPath',
  'DbEnable',
  'DeploymentEnable',
  'DLRBackendOptions',
] as const satisfies readonly (keyof typeof edgeManagerKeys)[];
