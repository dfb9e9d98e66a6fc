import { projectProgram } from './project-program.ts';

export const fuzzCommand = projectProgram({
  usage: 'fuzz [target] [words...]',
  summary: 'damage inputs of a parser and see what it does; without a target, list them',
  help: '`edgeml fuzz npy --seconds 300`; docs/operations.md tells how a finding is run again and kept.',
  file: 'testing/fuzz/main.ts',
});
