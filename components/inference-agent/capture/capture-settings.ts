import { resolve } from 'node:path';

import type { AgentConfiguration } from '../config.ts';

/** The configuration as captures need it. */
export interface CaptureSettings {
  readonly destination: 'Cloud' | 'Disk';
  readonly fleet: string;
  readonly device: string;
  readonly bucket: string;
  readonly folderPrefix: string;
  /** Absolute. */
  readonly diskPath: string;
  readonly bufferSize: number;
  readonly batchSize: number;
  readonly pushPeriodMs: number;
  readonly embedLimit: number;
  readonly periodicUpload: boolean;
  readonly uploadPeriodMs: number;
  /** Bytes on the disk that wait for their upload. */
  readonly maxDiskBytes: number;
  readonly minFreeBytes: number;
}

const MB = 1024 ** 2;

export function captureSettings(
  configuration: AgentConfiguration,
  device: { readonly workFolder: string; readonly name: string },
): CaptureSettings {
  return {
    destination: configuration.CaptureDataDestination,
    fleet: configuration.DeviceFleetName,
    device: device.name,
    bucket: configuration.BucketName,
    folderPrefix: configuration.FolderPrefix,
    diskPath: resolve(device.workFolder, configuration.CaptureDataDiskPath),
    bufferSize: configuration.CaptureDataBufferSize,
    batchSize: configuration.CaptureDataBatchSize,
    pushPeriodMs: 1_000 * configuration.CaptureDataPushPeriodSeconds,
    embedLimit: configuration.CaptureDataBase64EmbedLimit,
    periodicUpload: configuration.CaptureDataPeriodicUpload,
    uploadPeriodMs: 1_000 * configuration.CaptureDataPeriodicUploadPeriodSeconds,
    maxDiskBytes: configuration.CaptureDataMaxDiskMB * MB,
    minFreeBytes: configuration.MinFreeDiskMB * MB,
  };
}
