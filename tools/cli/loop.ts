import { projectProgram } from './project-program.ts';

export const loopCommand = projectProgram({
  usage: 'loop [what] [words...]',
  summary: 'run the whole loop on this machine, from drift to a better model in all rings, and write a report',
  help: '`edgeml loop demo --seed 1`; docs/tutorials/the-loop.md explains the steps.',
  file: 'tools/loop-demo/main.ts',
});
