import { projectProgram } from './project-program.ts';

export const soakCommand = projectProgram({
  usage: 'soak [what] [words...]',
  summary: 'run a device with faults from a seed for hours, and write a report with its curves',
  help: '`edgeml soak --hours 4 --seed 7`; docs/operations.md tells what is broken and what must hold.',
  file: 'testing/soak/main.ts',
});
