import { errorCatalogue } from '#packages/foundation';

export const spoolErrors = errorCatalogue({
  'spool.full': {
    status: 507,
    todo: 'Everything that waits is more important than this sample. Restore the connection to the store, raise UplinkMBPerHour or SpoolMaxMB, or keep fewer samples.',
  },
  'spool.disk-low': {
    status: 507,
    todo: 'Free space on the disk of the device, or lower MinFreeDiskMB.',
  },
  'spool.disk-full': {
    status: 507,
    todo: 'Free space on the disk of the device; MinFreeDiskMB keeps the uploader from taking the last of it.',
  },
  'spool.write-failed': {
    status: 500,
    todo: 'Check the disk of the device and the permissions of the work folder of edgeml.FeedbackUploader.',
  },
  'spool.corrupt-sample': {
    status: 500,
    todo: 'The file of a waiting sample is damaged; the sample was counted as evicted. When it happens again, check the disk.',
  },
  'spool.closed': {
    status: 503,
    todo: 'The uploader is stopping. Send the sample again when it is back.',
  },
});
