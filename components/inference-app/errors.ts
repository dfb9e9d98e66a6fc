import { entry, errorCatalog } from '#packages/foundation';

/** Errors of images before the agent sees them, and of results after. */
export const appErrors = errorCatalog({
  'annotation.disk-full': {
    todo: 'Make room on the disk, or lower Annotate.MaxMB or Annotate.MinFreeDiskMB. Results are published all the same.',
  },
  'app.bad-request': {
    status: 400,
    todo: 'Send what the message asks for. The console does so if its version is that of edgeml.InferenceApp.',
  },
  'app.frame-gone': entry<{ readonly source: string; readonly frame: string }>({
    status: 410,
    todo: 'Choose the picture that is shown now: the application remembers pictures for about as long as they are shown.',
  }),
  'app.method-not-allowed': entry<{ readonly path: string; readonly allow: string }>({
    status: 405,
    todo: 'Use the method that the header Allow names.',
  }),
  'app.no-agent-socket': {
    todo: "Set EDGEML_AGENT_SOCKET to the path of the agent's socket for inference; the recipe of edgeml.InferenceApp does.",
  },
  'app.no-feedback-config': entry<{ readonly service: string; readonly known: readonly string[] }>({
    status: 409,
    todo: 'Name a ConfigId in Services.<name>.MLFeedbackConnectorConfigId of edgeml.InferenceApp, and set it up in FeedbackConfigurationMap of edgeml.FeedbackUploader.',
  }),
  'app.no-feedback-socket': {
    todo: "Set EDGEML_FEEDBACK_SOCKET to the path of the feedback uploader's socket; the recipe of edgeml.InferenceApp does.",
  },
  'app.no-route': entry<{ readonly path: string }>({
    status: 404,
    todo: 'Use GET /healthz, GET /metrics, or POST /v1/sources/{source}/clip; GET /openapi.json describes all.',
  }),
  'app.unexpected': { status: 500, todo: 'Report this with the log of edgeml.InferenceApp.' },
  'app.unknown-feedback-config': entry<{
    readonly service: string;
    readonly configId: string;
    readonly known: readonly string[];
  }>({
    todo: 'Use a ConfigId of FeedbackConfigurationMap in the configuration of edgeml.FeedbackUploader, or add this one to it.',
  }),
  'clips.disk-full': {
    todo: 'Make room on the disk, or lower ClipStore.MaxMB or ClipStore.MinFreeDiskMB. Images are answered all the same.',
  },
  'clips.off': entry<{ readonly source: string }>({
    status: 404,
    todo: 'Set Clips.Enabled of the source, which needs Type stream, and use its name in Sources.',
  }),
  'service.no-model': entry<{ readonly service?: string; readonly deploy?: string }>({
    status: 404,
    todo: 'Deploy the model component that the message names. GET /v1/models of the agent lists what is active.',
  }),
  'source.ffmpeg-failed': entry<{ readonly command: string; readonly code: number | null }>({
    todo: 'Check that FfmpegPath of the source is ffmpeg, and that `ffmpeg -version` works for the user of the component.',
  }),
  'source.ffmpeg-missing': entry<{ readonly command: string }>({
    todo: 'Install ffmpeg on the device (Debian, Ubuntu, Raspberry Pi OS: apt-get install ffmpeg), or set FfmpegPath of the source to where it is. The source keeps trying.',
  }),
  'source.file-gone': entry<{ readonly path: string }>({
    status: 404,
    todo: 'Nothing, if files are moved on purpose. Otherwise whoever writes the folder should leave files there until they were read.',
  }),
  'source.file-too-large': entry<{
    readonly maxBytes: number;
    readonly path?: string;
    readonly size?: number;
    readonly url?: string;
  }>({
    status: 413,
    todo: 'Send a smaller image, or raise MaxImageMB of edgeml.InferenceApp (and of edgeml.InferenceAgent).',
  }),
  'source.file-unreadable': entry<{ readonly path: string; readonly code: string }>({
    status: 403,
    todo: 'Let the user of the component (ggc_user by default) read the file; check the disk if the permissions are right.',
  }),
  'source.folder-missing': entry<{ readonly source: string; readonly folder: string }>({
    todo: 'Create the folder, or correct Path of the source. Relative paths start at the work folder of edgeml.InferenceApp.',
  }),
  'source.folder-unreadable': entry<{ readonly source: string; readonly folder: string }>({
    todo: 'Let the user of the component (ggc_user by default) list and read the folder, or correct Path of the source.',
  }),
  'source.no-credentials': entry<{ readonly source: string; readonly from: string }>({
    todo: 'Let the user of the component (ggc_user by default) read Credentials.File of the source, or deploy aws.greengrass.SecretManager with Credentials.Secret in its cloudSecrets; either holds {"username": …, "password": …} or user:password. The source keeps trying.',
  }),
  'source.no-frame': entry<{ readonly source: string; readonly url: string; readonly frames: number }>({
    todo: 'Look at the camera and the network. Raise NoFrameSeconds of the source if frames are meant to be rare. The source opens the stream again by itself.',
  }),
  'source.no-image': entry<{ readonly source: string }>({
    todo: 'Put an image (jpeg, jpg, png, webp, bmp, tif, tiff, npy) into the folder, or give another source.',
  }),
  'source.not-masked': {
    status: 415,
    todo: 'Use pictures that can be decoded (jpeg, png, webp, bmp and tiff of 8 bits), or remove Masks from the source if nothing is to be hidden.',
  },
  'source.pipeline-missing': entry<{ readonly source: string; readonly command: string }>({
    todo: 'Install the program that Pipeline.Command of the source begins with, or give its path; the user of the component must be allowed to run it. The source keeps trying.',
  }),
  'source.redirect-refused': entry<{ readonly url: string; readonly host: string }>({
    todo: 'Correct the Url of the source, or add the host to its AllowedHosts if the camera is right to lead there.',
  }),
  'source.snapshot-denied': entry<{ readonly url: string; readonly status: number }>({
    todo: 'Correct Username and Password, or Credentials, of the source. The source keeps asking.',
  }),
  'source.snapshot-failed': entry<{ readonly url: string }>({
    todo: 'Look at the camera and the network; try the Url of the source with curl from the device. The source keeps asking.',
  }),
  'source.stream-failed': entry<{ readonly source: string; readonly url: string; readonly frames: number }>({
    todo: 'Read what ffmpeg, or the pipeline, said; try the same Url with `ffplay` or `ffmpeg -i`, or the same command in a shell. The source opens cameras again that were away.',
  }),
});
