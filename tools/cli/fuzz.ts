import { projectProgram } from './project-program.ts';

export const fuzzCommand = projectProgram({
  usage: 'fuzz [target] [words...]',
  summary: 'feed damaged inputs to a parser; without a target, list the parsers',
  help: '`edgeml fuzz npy --seconds 300`; docs/operations.md shows how to repeat and keep a finding.',
  file: 'testing/fuzz/main.ts',
});
