import type { z } from 'zod';
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  listSetting,
  numberSetting,
  section,
  textListSetting,
  textSetting,
} from '#packages/foundation';
import { clipSettings } from './clip-settings.ts';
import { credentialsSettings } from './credentials-settings.ts';
import { motionGateSettings } from './motion-gate-settings.ts';
import { polygonSetting } from './polygon-setting.ts';
import { pipelineSettings } from './pipeline-settings.ts';
import { SERVICE_NAME, SERVICE_NAME_MEANING } from './names.ts';

/** One source of images. */
export const sourceSettings = section({
  Enabled: booleanSetting().default(true).describe('Whether the source is read.'),
  Type: choiceSetting(['folder', 'http', 'stream', 'pipeline'])
    .default('folder')
    .describe(
      "`folder`: image files. `http`: a camera's snapshot URL, asked once per InferenceInterval. `stream`: camera, stream or video file through ffmpeg. `pipeline`: raw frames that a command of yours writes.",
    ),
  Path: textSetting()
    .default('images')
    .describe('Folder, relative to the work folder of the component; a relative one is made when it is missing.'),
  Url: textSetting()
    .default('')
    .describe(
      'Address for `http`: http://… or https://…. For `stream`: rtsp://…, http://…, a device such as /dev/video0, or a video file, relative to the work folder.',
    ),
  Username: textSetting()
    .default('')
    .describe('For `http` and `stream`: user, in place of one in the Url. Basic and Digest are known.'),
  Password: textSetting()
    .default('')
    .describe('Password of that user. Every component of the device can read it here: Credentials keeps it elsewhere.')
    .meta({ writeOnly: true }),
  Credentials: credentialsSettings,
  AllowedHosts: textListSetting()
    .default([])
    .describe(
      'For `http` and `stream`: hosts beside that of the Url to which redirects and playlists may lead, e.g. `["cdn.example.com"]`; `*.example.com` stands for every host below it.',
    ),
  RequestTimeoutSeconds: numberSetting({ min: 0.1, max: 3_600 })
    .default(10)
    .describe('For `http`: time for one picture, from the request to its last byte.'),
  ImageName: textSetting()
    .default('')
    .describe('Only this file of the folder; empty: every image (jpeg, jpg, png, webp, bmp, tif, tiff, npy) and npz.'),
  Mode: choiceSetting(['once', 'interval', 'watch'])
    .default('watch')
    .describe(
      '`once`: every image once, then the component finishes. `interval`: every image again and again, one pass per InferenceInterval. `watch`: every image that appears or changes.',
    ),
  InferenceInterval: numberSetting({ min: 0.05, max: 31_536_000 })
    .default(3600)
    .describe('Seconds from the start of one pass to the start of the next, in mode `interval`.'),
  Recursive: booleanSetting().default(true).describe('Whether folders inside the folder are read too.'),
  ReadExisting: booleanSetting()
    .default(true)
    .describe(
      'Whether mode `watch` looks at the images that are there when it starts, except for those that it has answered before.',
    ),
  Journal: booleanSetting()
    .default(true)
    .describe(
      'Whether mode `watch` remembers over restarts what it has answered, by path, size, time and content: 50,000 images in `journal/` of the work folder. It begins again when Path or Services change.',
    ),
  Backlog: integerSetting({ min: 1, max: 1_000_000 })
    .default(1_000)
    .describe(
      'Images that may wait for a service in modes `interval` and `watch`; beyond that the oldest is skipped as stale. 1: always the freshest only.',
    ),
  MaxAgeSeconds: numberSetting({ min: 0 })
    .default(0)
    .describe('An image that has waited longer is skipped as stale; 0: never. Mode `once` skips nothing.'),
  Format: textSetting()
    .default('')
    .describe("A stream's format as ffmpeg names it (v4l2, mpegts, lavfi, …); empty: found out."),
  Loop: booleanSetting().default(false).describe('Whether a video file begins again at its end.'),
  FramesPerSecond: numberSetting({ min: 0, max: 240 })
    .default(0)
    .describe('Frames of a stream or pipeline that are looked at per second, at most; 0: as many as it has.'),
  MaxWidth: integerSetting({ min: 0, max: 16_384 })
    .default(0)
    .describe('Frames of a stream that are wider are made smaller, in pixels; 0: never.'),
  PictureQuality: integerSetting({ min: 1, max: 100 })
    .default(95)
    .describe(
      "JPEG quality of a stream's frames that are kept as feedback, while models see them as the camera sent them; of picture files with Masks.",
    ),
  HardwareDecoding: textSetting({
    pattern: /^[a-z0-9_]+$/,
    meaning: 'auto, none, or a name that ffmpeg knows, e.g. vaapi',
  })
    .default('none')
    .describe(
      'The decoder of a stream: `none`: the CPU. `auto`: what hardware is found, else the CPU. Or what ffmpeg calls it: vaapi, qsv, cuda, v4l2m2m, rkmpp, videotoolbox, d3d11va, …, else the CPU, with a warning.',
    ),
  DecoderThreads: integerSetting({ min: 0, max: 64 })
    .default(1)
    .describe(
      'Threads with which ffmpeg decodes a stream on the CPU; 0: ffmpeg chooses. Each one beyond the first may hold a frame back, so costs latency; 4K needs more than one.',
    ),
  Masks: listSetting(polygonSetting())
    .default([])
    .describe(
      'Parts of the picture that are black before a model looks, and before anything is kept or shown: polygons, each a list of corners [x, y] as fractions of width and height, e.g. `[[[0.6, 0], [1, 0], [1, 0.5], [0.6, 0.5]]]`.',
    ),
  MotionGate: motionGateSettings,
  Clips: clipSettings,
  Pipeline: pipelineSettings,
  RtspTransport: choiceSetting(['tcp', 'udp']).default('tcp').describe('How RTSP cameras send their pictures.'),
  NoFrameSeconds: numberSetting({ min: 0.1, max: 86_400 })
    .default(15)
    .describe(
      'A stream or pipeline without a frame for this long is opened again. The first frame of a stream has at least 10 s: ffmpeg reads up to 5 s before it gives one.',
    ),
  InputOptions: textListSetting()
    .default([])
    .describe('More options for ffmpeg, before its -i, e.g. `["-video_size", "1280x720"]`.'),
  FfmpegPath: textSetting().default('ffmpeg').describe('The ffmpeg command, or its path.'),
  Services: textListSetting()
    .refine((names) => names.every((name) => SERVICE_NAME.test(name)), `names of services are ${SERVICE_NAME_MEANING}`)
    .default([])
    .describe(
      'Services of the agent that look at each image; empty: every model that serves, is being loaded, or served before a restart and may come back.',
    ),
}).superRefine(checkSource);

/** Whether a source of this type has frames of its own pace, without an end: cameras and videos. */
export function isStreamType(type: string | undefined): boolean {
  return type === 'stream' || type === 'pipeline';
}

function checkSource(settings: CheckedSettings, context: z.RefinementCtx): void {
  const { Type: type, Url: url, Pipeline } = settings;
  const { Command: command, Width: width, Height: height } = Pipeline;
  checkLogin(settings, context);
  checkClips(settings, context);
  const refuse = (message: string): void => context.addIssue({ code: 'custom', path: ['Url'], message, input: url });
  if (type === 'http' && !(URL.canParse(url) && /^https?:/i.test(url)))
    refuse('a source of Type http needs a URL that begins with http:// or https://');
  if (type === 'stream' && url === '')
    refuse('a source of Type stream needs what ffmpeg is to read, e.g. rtsp://…, /dev/video0 or a video file');
  if (type !== 'pipeline') return;
  const miss = (name: string, message: string): void =>
    context.addIssue({ code: 'custom', path: ['Pipeline', name], message, input: undefined });
  if ((command[0] ?? '') === '')
    miss('Command', 'a source of Type pipeline needs a command, e.g. ["gst-launch-1.0", "-q", …]');
  if (width === 0) miss('Width', 'a source of Type pipeline needs the width of its frames in pixels');
  if (height === 0) miss('Height', 'a source of Type pipeline needs the height of its frames in pixels');
}

/** One place for the login, and a camera that asks for it. */
function checkLogin({ Type: type, Url: url, Username, Credentials }: CheckedSettings, context: z.RefinementCtx): void {
  const { File: file, Secret: secret } = Credentials;
  const refuse = (message: string): void =>
    context.addIssue({ code: 'custom', path: ['Credentials'], message, input: undefined });
  if ([file, secret, Username].filter((place) => place !== '').length > 1)
    refuse('user and password come from one place: Credentials.File, Credentials.Secret, or Username and Password');
  if (file === '' && secret === '') return;
  if (type !== 'http' && type !== 'stream') refuse(`a source of Type ${type} asks nobody for a login`);
  else if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url))
    refuse('only a Url with a host, e.g. rtsp://…, is asked with a login');
}

/** Clips are the camera's own packets: they hold whatever the camera sees. */
function checkClips(
  { Type: type, Mode: mode, Masks, Clips, MotionGate }: CheckedSettings,
  context: z.RefinementCtx,
): void {
  if (!Clips.Enabled) return;
  const refuse = (message: string): void =>
    context.addIssue({ code: 'custom', path: ['Clips'], message, input: undefined });
  if (type !== 'stream' || mode !== 'watch') refuse('clips are kept of sources of Type stream in Mode watch');
  if (Masks.length > 0) refuse('a clip is what the camera sent, without Masks: take away one of the two');
  if (Clips.OnMotion && !MotionGate.Enabled) refuse('OnMotion needs MotionGate.Enabled');
}

interface CheckedSettings {
  readonly Type: string;
  readonly Mode: string;
  readonly Masks: readonly unknown[];
  readonly Clips: { readonly Enabled: boolean; readonly OnMotion: boolean };
  readonly MotionGate: { readonly Enabled: boolean };
  readonly Url: string;
  readonly Username: string;
  readonly Credentials: { readonly File: string; readonly Secret: string };
  readonly Pipeline: { readonly Command: readonly string[]; readonly Width: number; readonly Height: number };
}
