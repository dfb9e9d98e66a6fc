import { projectProgram } from './project-program.ts';

export const soakCommand = projectProgram({
  usage: 'soak [what] [words...]',
  summary: 'run a device for hours, inject faults from a seed, and write a report with charts',
  help: '`edgeml soak --hours 4 --seed 7`; docs/operations.md lists the faults and the checks.',
  file: 'testing/soak/main.ts',
});
