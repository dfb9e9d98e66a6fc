import { errorCatalogue } from '#packages/foundation';

export const captureErrors = errorCatalogue({
  'capture.duplicate': {
    status: 409,
    todo: 'Give every inference its own capture_id. What was accepted under this one first is kept.',
  },
  'capture.unsafe-id': {
    status: 400,
    todo: 'Name captures with 1 to 128 letters, digits and any of . _ - : + @ =, beginning with a letter or digit, and without "..".',
  },
  'capture.invalid-tensor': {
    status: 400,
    todo: 'Send as many bytes as the shape and the data type say, and a name that can be read.',
  },
  'capture.future-timestamp': {
    status: 400,
    todo: "Send the time of the inference in UTC, or leave it out; set the clock of the application's machine.",
  },
  'capture.invalid-timestamp': {
    status: 400,
    todo: 'Send the time of the inference in seconds and nanoseconds since 1970, or leave it out.',
  },
  'capture.unknown-model': {
    status: 404,
    todo: 'Load the model first, and name it in capture calls by the alias that it was loaded under.',
  },
  'capture.offline': {
    status: 503,
    todo: 'With the destination Cloud nothing is kept on the device. Send again when there is a network, or set CaptureDataDestination to Disk with CaptureDataPeriodicUpload.',
  },
  'capture.not-configured': {
    status: 503,
    todo: 'Set the named settings in the configuration of edgeml.InferenceAgent.',
  },
  'capture.buffer-full': {
    status: 429,
    todo: 'Send less often, or raise CaptureDataBufferSize; with no network the buffer empties when it is back.',
  },
  'capture.disk-full': {
    status: 507,
    todo: 'Free space on the disk of the device, raise CaptureDataDiskMaxMB, or restore the connection that empties it.',
  },
  'capture.write-failed': {
    status: 500,
    todo: 'Check the disk of the device and the permissions of CaptureDataDiskPath.',
  },
  'capture.unknown-id': {
    status: 404,
    todo: 'Ask with the capture_id of an accepted capture; only the latest few thousand are remembered.',
  },
  'capture.closed': { status: 503, todo: 'The agent is stopping. Send again when it is back.' },
});
