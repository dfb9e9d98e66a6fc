import { entry, errorCatalog } from '#packages/foundation';
import type { SpoolEntry } from './spool/entry-index.ts';
import type { SpoolLimits } from './spool/room.ts';
type RoomFacts = SpoolLimits & { readonly bytes: number; readonly priority: number; readonly samples: number };

/** Why a sample is not taken, not redacted or not kept. */
export const uploaderErrors = errorCatalog({
  'feedback.bad-sample': {
    status: 400,
    todo: 'Send the model input as the body, the prediction as JSON in the header x-edgeml-prediction, and metadata as a JSON object in x-edgeml-metadata.',
  },
  'feedback.method-not-allowed': entry<{ readonly path: string; readonly allow: string }>({
    status: 405,
    todo: 'Use the method that the Allow header names.',
  }),
  'feedback.no-route': entry<{ readonly path: string }>({
    status: 404,
    todo: 'Use one of: POST /v1/feedback/{configId}, GET /healthz, GET /metrics; GET /openapi.json describes all.',
  }),
  'feedback.no-sample': entry<{ readonly id: string }>({
    status: 404,
    todo: 'Nothing, if it was uploaded. GET /v1/spool on console.sock lists the samples that wait.',
  }),
  'feedback.not-ready': {
    status: 503,
    todo: 'The uploader is starting or stopping, or its spool cannot be opened yet. Send the sample again later.',
  },
  'feedback.over-budget': entry<{ readonly bytes: number; readonly limit: number }>({
    status: 413,
    todo: 'Send a smaller sample, or raise UplinkMBPerHour and UplinkMBPerDay: a sample goes in one piece.',
  }),
  'feedback.request-limit': entry<{
    readonly id: string;
    readonly limit: number | undefined;
    readonly retryAfterSeconds: number;
  }>({
    status: 429,
    todo: 'Send less at once, or raise RequestLimit in the configuration of edgeml.FeedbackUploader.',
  }),
  'feedback.sample-too-large': entry<{ readonly bytes: number; readonly maxBytes: number }>({
    status: 413,
    todo: 'Send a smaller sample, or raise MaxSampleMB in the configuration of edgeml.FeedbackUploader.',
  }),
  'feedback.unknown-config': entry<{ readonly configId: string }>({
    status: 404,
    todo: 'Use a ConfigId of FeedbackConfigurationMap in the configuration of edgeml.FeedbackUploader, or add this one to it.',
  }),
  'redaction.boxes-unknown': {
    status: 422,
    todo: 'Redaction of classes needs a prediction with boxes: {"prediction": [[class, score, xmin, ymin, xmax, ymax], …]} or a list of {classId, label, score, box}.',
  },
  'redaction.failed': {
    status: 503,
    todo: 'The process that hides areas ended or took too long; nothing of the sample was kept. Send it again. If it happens again, check the memory of the device and send smaller images.',
  },
  'redaction.not-an-image': {
    status: 422,
    todo: 'A configuration with redaction takes JPEG, PNG and WebP images only: areas of anything else cannot be hidden. Send such an image, or use a configuration without redaction.',
  },
  'redaction.too-many-pixels': entry<{ readonly width: number; readonly height: number; readonly bytes: number }>({
    status: 413,
    todo: 'Send a smaller image: hiding parts of it needs all of its pixels in memory. A JPEG that is not progressive may have the most pixels, about 12 million.',
  }),
  'sampling.deviation-unknown': {
    status: 422,
    todo: 'DRIFT needs samples that say how unusual they are: package the model with `--baseline`, leave Drift.Enabled of edgeml.InferenceAgent on, and pass `deviation` of its answer on as metadata, as the application does.',
  },
  'spool.closed': { status: 503, todo: 'The uploader is stopping. Send the sample again when it is back.' },
  'spool.corrupt-sample': entry<SpoolEntry>({
    todo: 'The file of a waiting sample is damaged; the sample was counted as evicted. If it happens again, check the disk.',
  }),
  'spool.disk-full': {
    status: 507,
    todo: 'Free space on the disk of the device; MinFreeDiskMB keeps the uploader from taking the last of it.',
  },
  'spool.disk-low': entry<RoomFacts>({
    status: 507,
    todo: 'Free space on the disk of the device, or lower MinFreeDiskMB.',
  }),
  'spool.full': entry<RoomFacts>({
    status: 507,
    todo: 'Everything that waits has a higher priority than this sample. Restore the connection to the store, raise UplinkMBPerHour or SpoolMaxMB, or keep fewer samples.',
  }),
  'spool.write-failed': {
    status: 500,
    todo: 'Check the disk of the device and the permissions of the work folder of edgeml.FeedbackUploader.',
  },
});
