import { projectProgram } from './project-program.ts';

export const benchCommand = projectProgram({
  usage: 'bench [benchmark] [words...]',
  summary: 'measure the collection on this machine; without a benchmark, list them',
  help: '`edgeml bench <benchmark> --help` tells what one of them takes.',
  file: 'bench/main.ts',
});
