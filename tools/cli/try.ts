import { existsSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_FILE } from '../project-file/project-file-name.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';

interface TryOptions {
  readonly source?: readonly string[];
  readonly labels?: string;
  readonly name?: string;
  readonly sha256?: string;
  readonly discover?: boolean;
  readonly network?: string;
  readonly file: string;
}

/** Name of the first camera on most machines. */
const FIRST_CAMERA = '/dev/video0';

export const tryCommand: CommandSpec<TryOptions> = {
  usage: 'try [model]',
  summary: 'run a model on a camera, a video or images, and write edgeml.yaml, which `npm start` runs',
  options: (command) =>
    command
      .option(
        '--source <address...>',
        `rtsp://…, http://… (stream or snapshot), onvif://camera, onvif (the only camera that is found), a device, a video, an image, or a folder of images (default: ${FIRST_CAMERA} if it is there)`,
      )
      .option('--discover', 'list the ONVIF cameras of the network, and end')
      .option('--network <interface>', 'where to look for cameras, e.g. eth0 (default: all networks)')
      .option('--labels <file>', 'one label a line, in the order of the classes')
      .option('--name <name>', 'name of the model (default: of its model.json, else of the file)')
      .option('--sha256 <hash>', 'SHA-256 of the model; an https:// address needs it')
      .option('--file <file>', 'file to write', PROJECT_FILE),
  help: `
The model is an .onnx file, a folder, a .zip or .tar.gz, an https:// address, s3://bucket/key, or the ARN of a SageMaker training
job or model package. Its inputs and outputs are read from the ONNX file, as \`edgeml inspect\` does; guesses are marked with "check". The first
picture of each source is taken as the application takes it, and answered here. An existing edgeml.yaml keeps its contents.

Examples:
  edgeml try street.onnx --labels coco.txt --source rtsp://camera.local/stream1
  edgeml try street.onnx --labels coco.txt --source photos/ --source clip.mp4
  edgeml try --discover
  edgeml try street.onnx --source onvif://viewer:password@192.168.1.20
  edgeml try https://models.example.com/street.onnx --sha256 9f86d081… --source /dev/video0`,
  run: async ({ args: [model = ''], options, out, signal }) => {
    if (options.discover) {
      const { showCameras } = await import('./try/show-cameras.ts');
      return showCameras(options.network, out, signal);
    }
    if (model === '') throw cliErrors.error('cli.usage', 'give a model, or --discover');
    const { runTry } = await import('./try/run-try.ts');
    const { showAnswers, showWritten } = await import('./try/show-tried.ts');
    const { cameraStream } = await import('./try/camera-stream.ts');
    const file = path.resolve(options.file);
    const tried = await runTry({
      model,
      sources: await Promise.all(sourcesOf(options).map((one) => cameraStream(one, options.network, signal))),
      labels: options.labels === undefined ? undefined : path.resolve(options.labels),
      name: options.name,
      sha256: options.sha256?.toLowerCase(),
      file,
      out,
      onAnswered: (...answers) => showAnswers(...answers, out),
      signal,
    });
    showWritten(tried, out);
  },
};

function sourcesOf({ source }: TryOptions): readonly string[] {
  if (source !== undefined) return source;
  if (existsSync(FIRST_CAMERA)) return [FIRST_CAMERA];
  throw cliErrors.error(
    'cli.usage',
    `there is no ${FIRST_CAMERA} here: give --source a camera (rtsp://…, http://…), a video, an image, or a folder of images`,
  );
}
