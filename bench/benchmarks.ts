import { addCommand } from '../tools/cli/frame/command.ts';
import { runCommandLine } from '../tools/cli/frame/command-line.ts';
import type { CliIo } from '../tools/cli/frame/io.ts';
import { acceleratorsBenchmark } from './accelerators/accelerators-benchmark.ts';
import { agentBenchmark } from './agent/agent-benchmark.ts';
import { cameraBenchmark } from './camera/camera-benchmark.ts';
import { capturesBenchmark } from './captures/captures-benchmark.ts';
import { challengerBenchmark } from './challenger/challenger-benchmark.ts';
import { decodersBenchmark } from './decoders/decoders-benchmark.ts';
import { driftBenchmark } from './drift/drift-benchmark.ts';
import { edgeManagerBenchmark } from './edge-manager/edge-manager-benchmark.ts';
import { feedbackBenchmark } from './feedback/feedback-benchmark.ts';
import { fleetBenchmark } from './fleet/fleet-benchmark.ts';
import { uploaderBenchmark } from './uploader/uploader-benchmark.ts';
import { visionBenchmark } from './vision/vision-benchmark.ts';

/** Runs `edgeml bench` with these words and returns its exit code; never throws. Without words it lists the benchmarks. */
export function runBenchmark(words: readonly string[], io: CliIo, signal: AbortSignal): Promise<number> {
  return runCommandLine(
    {
      name: 'edgeml bench',
      description: 'Measure the collection on this machine.',
      help: HELP,
      addCommands: (program, host) => {
        addCommand(program, agentBenchmark, host);
        addCommand(program, challengerBenchmark, host);
        addCommand(program, visionBenchmark, host);
        addCommand(program, cameraBenchmark, host);
        addCommand(program, edgeManagerBenchmark, host);
        addCommand(program, uploaderBenchmark, host);
        addCommand(program, feedbackBenchmark, host);
        addCommand(program, capturesBenchmark, host);
        addCommand(program, decodersBenchmark, host);
        addCommand(program, driftBenchmark, host);
        addCommand(program, fleetBenchmark, host);
        addCommand(program, acceleratorsBenchmark, host);
      },
    },
    words.length === 0 ? ['--help'] : words,
    io,
    signal,
  );
}

const HELP = `
Other load on the machine shows in every figure. Compare what one run measured side by side, not two runs.
docs/performance.md has figures and says how they were taken.`;
