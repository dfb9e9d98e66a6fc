import { disableOnnxTelemetry, quietAwsSdk } from '#packages/foundation';
import { processIo } from './frame/io.ts';
import { runProcess } from './frame/run-process.ts';
import { runProgram } from './program.ts';

/** The process of the `edgeml` command. */
export async function main(argv: readonly string[]): Promise<void> {
  disableOnnxTelemetry();
  quietAwsSdk();
  await runProcess((signal) => runProgram(argv.slice(2), processIo, signal));
}
