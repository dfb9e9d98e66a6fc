import { projectProgram } from './project-program.ts';

export const benchCommand = projectProgram({
  usage: 'bench [benchmark] [words...]',
  summary: 'run a benchmark on this machine; without a name, list the benchmarks',
  help: '`edgeml bench <benchmark> --help` shows the options of a benchmark.',
  file: 'bench/main.ts',
});
