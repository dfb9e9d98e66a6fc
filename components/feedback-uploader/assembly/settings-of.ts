import { MB } from '../config.ts';
import type { UploaderConfiguration } from '../config.ts';
import type { SpoolLimits } from '../spool/room.ts';
import type { UploadSettings } from '../upload/upload-ports.ts';

/** The configuration as the spool needs it. */
export function spoolLimits({ SpoolMaxMB, SpoolMaxSamples, MinFreeDiskMB }: UploaderConfiguration): SpoolLimits {
  return { maxBytes: SpoolMaxMB * MB, maxSamples: SpoolMaxSamples, minFreeBytes: MinFreeDiskMB * MB };
}

/** The configuration as the uploader needs it. */
export function uploadSettings(configuration: UploaderConfiguration, thing: string): UploadSettings {
  return {
    recordsOf: configuration.SampleRecords ? thing : undefined,
    parallel: configuration.ParallelUploads,
    limits: {
      bytesPerHour: configuration.UplinkMBPerHour * MB || Infinity,
      bytesPerDay: configuration.UplinkMBPerDay * MB || Infinity,
    },
    retryCapMs: configuration.RetryCapSeconds * 1_000,
    timeoutMs: configuration.UploadTimeoutSeconds * 1_000,
    buckets: new Map(
      Object.entries(configuration.FeedbackConfigurationMap).map(([id, settings]) => [id, settings['s3-bucket-name']]),
    ),
  };
}
