import type { CommandSpec } from '../../tools/cli/frame/command.ts';
import { wholeNumber } from '../whole-number.ts';

export const capturesBenchmark: CommandSpec<{ readonly seconds: string }> = {
  usage: 'captures',
  summary: "captures of Edge Manager's clients that the agent accepts, each durable before it is answered",
  options: (command) => command.option('--seconds <number>', 'how long each of the three measurements takes', '10'),
  run: async ({ options, out, signal }) => {
    const seconds = wholeNumber('seconds', options.seconds);
    const { CAPTURE_LOADS, measureCaptures } = await import('./accepting.ts');
    for (const load of CAPTURE_LOADS) {
      out.progress(`${load.name} …`);
      const capturesPerSecond = await measureCaptures(load, seconds, signal);
      out.json({ ...load, seconds, capturesPerSecond });
      if (!out.isJson) out.line(`${load.name}, ${load.parallel} at once: ${Math.round(capturesPerSecond)} captures/s`);
    }
  },
};
