/** `edgeml bench` starts this file: `main.ts [<benchmark> [options]]`. */
import process from 'node:process';
import { disableOnnxTelemetry } from '#packages/foundation';
import { processIo } from '../tools/cli/frame/io.ts';
import { runProcess } from '../tools/cli/frame/run-process.ts';
import { runBenchmark } from './benchmarks.ts';

disableOnnxTelemetry();
await runProcess((signal) => runBenchmark(process.argv.slice(2), processIo, signal));
