import { addCommands } from './commands.ts';
import { runCommandLine } from './frame/command-line.ts';
import type { CliIo } from './frame/io.ts';

/** Runs one command line of `edgeml` (without `node` and the script's name) and returns its exit code; never throws. */
export function runProgram(args: readonly string[], io: CliIo, signal: AbortSignal): Promise<number> {
  return runCommandLine({ name: 'edgeml', description: DESCRIPTION, help: HELP, addCommands }, args, io, signal);
}

const DESCRIPTION = 'Build, run and operate the EdgeML components: ONNX models on AWS IoT Greengrass v2 devices.';

const HELP = `
Exit codes: 0 done, 1 failed, 2 wrong usage.
Start here: "npm start" runs everything on this machine with sample models and images.`;
