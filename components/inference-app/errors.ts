import { errorCatalogue } from '#packages/foundation';

/** What can happen to images before the agent sees them, and to results after. */
export const appErrors = errorCatalogue({
  'source.folder-missing': {
    status: 404,
    todo: 'Create the folder, or correct Path of the source. Relative paths start at the work folder of edgeml.InferenceApp.',
  },
  'source.folder-unreadable': {
    status: 403,
    todo: 'Let the user of the component (ggc_user by default) list and read the folder, or correct Path of the source.',
  },
  'source.file-gone': {
    status: 404,
    todo: 'Nothing, when files are moved on purpose. Otherwise let whoever writes the folder leave files until they were read.',
  },
  'source.file-unreadable': {
    status: 403,
    todo: 'Let the user of the component (ggc_user by default) read the file; look at the disk when permissions are right.',
  },
  'source.file-too-large': {
    status: 413,
    todo: 'Send a smaller image, or raise MaxImageMB of edgeml.InferenceApp (and of edgeml.InferenceAgent).',
  },
  'source.snapshot-failed': {
    status: 502,
    todo: 'Look at the camera and the network; try the Url of the source with curl from the device. The source goes on asking.',
  },
  'source.snapshot-denied': {
    status: 403,
    todo: 'Correct Username and Password of the source. The source goes on asking.',
  },
  'source.ffmpeg-missing': {
    status: 500,
    todo: 'Install ffmpeg on the device (Debian, Ubuntu, Raspberry Pi OS: apt-get install ffmpeg), or set FfmpegPath of the source to where it is. The source goes on trying.',
  },
  'source.ffmpeg-failed': {
    status: 500,
    todo: 'Check that FfmpegPath of the source is ffmpeg, and that `ffmpeg -version` works for the user of the component.',
  },
  'source.stream-failed': {
    status: 502,
    todo: 'Read what ffmpeg said; try the same Url with `ffplay` or `ffmpeg -i`. Cameras that were away are opened again by themselves.',
  },
  'source.no-frame': {
    status: 504,
    todo: 'Look at the camera and the network. Raise NoFrameSeconds of the source when frames are meant to be rare. The stream is opened again by itself.',
  },
  'app.no-agent-socket': {
    status: 500,
    todo: "Set EDGEML_AGENT_SOCKET to the path of the agent's socket; the recipe of edgeml.InferenceApp does.",
  },
  'app.no-feedback-socket': {
    status: 500,
    todo: "Set EDGEML_FEEDBACK_SOCKET to the path of the feedback uploader's socket; the recipe of edgeml.InferenceApp does.",
  },
  'app.unknown-feedback-config': {
    status: 404,
    todo: 'Use a ConfigId of FeedbackConfigurationMap in the configuration of edgeml.FeedbackUploader, or add this one to it.',
  },
  'service.no-model': {
    status: 404,
    todo: 'Deploy the model component that the message names. GET /v1/models of the agent lists what is active.',
  },
  'annotation.disk-full': {
    status: 507,
    todo: 'Make room on the disk, or lower Annotate.MaxMB or Annotate.MinFreeDiskMB. Results are published all the same.',
  },
});
