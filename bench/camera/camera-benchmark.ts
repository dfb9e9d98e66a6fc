import { Option } from 'commander';
import type { CommandSpec } from '../../tools/cli/frame/command.ts';
import { wholeNumber } from '../whole-number.ts';

interface CameraBenchmarkOptions {
  readonly rounds: string;
  readonly frames: string;
  readonly video?: string;
  readonly python?: string;
}

/** Enough for the compilers to have seen the code. */
const WARM_UP_FRAMES = 75;

export const cameraBenchmark: CommandSpec<CameraBenchmarkOptions> = {
  usage: 'camera',
  summary: 'CPU time of a 1080p camera from video to result, beside OpenCV and ONNX Runtime in Python',
  options: (command) =>
    command
      .option('--rounds <number>', 'rounds, each of which runs every side once', '5')
      .option('--frames <number>', 'frames per measurement', '500')
      .option('--video <file>', 'another video; made of the sample images if left out')
      .addOption(
        new Option(
          '--python <file>',
          'interpreter that has onnxruntime, opencv-python-headless and numpy; made below .edgeml/cache if left out',
        ).env('EDGEML_PYTHON'),
      ),
  help: `
Counts the CPU time of all processes together, ffmpeg's too, over frames in the middle of the video. Each side plays the video as fast
as it can, in turn, round by round. Only ratios within one round count. Needs Linux and ffmpeg; without Python it says so and goes on.`,
  run: async ({ options: { rounds, frames, video, python }, out, signal }) => {
    const comparison = {
      rounds: wholeNumber('rounds', rounds),
      frames: wholeNumber('frames', frames),
      warmUp: WARM_UP_FRAMES,
      video,
      python,
    };
    const { compareCamera } = await import('./compare-camera.ts');
    await compareCamera(comparison, out, signal);
  },
};
