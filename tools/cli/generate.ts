import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';

export const generateCommand: CommandSpec<{ readonly check?: boolean }> = {
  usage: 'generate',
  summary: 'write the files that follow from the code: recipe defaults, access control, gdk projects, reference pages',
  options: (command) => command.option('--check', 'change nothing; fail if a file is out of date'),
  help: `
Sources: the configuration schemas of the components, the table of topics in packages/ipc/topics,
the errors.ts files, and the recipes' names and versions. Comments in recipes are kept.`,
  run: async ({ options, out, program }) => {
    const { generatedFiles, outdated, writeGenerated } = await import('../bundle/generate/generate.ts');
    const files = await generatedFiles(program);
    const changed = await outdated(files);
    if (options.check && changed.length > 0)
      throw cliErrors.error('cli.out-of-date', `out of date: ${changed.join(', ')}`, { facts: { files: changed } });
    for (const file of files) if (changed.includes(file.path)) await writeGenerated(file);
    out.json({ files: files.length, changed });
    if (!out.isJson)
      out.line(changed.length === 0 ? `${files.length} generated files are up to date` : `Wrote ${changed.join(', ')}`);
  },
};
