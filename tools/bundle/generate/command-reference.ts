import type { Command } from 'commander';
import { format } from 'prettier';
import type { GeneratedFile } from './generated-file.ts';

/** Columns of the help texts on the page. */
const HELP_WIDTH = 110;

/** docs/reference/cli.md: the help of every command of `edgeml`. */
export async function commandReference(program: Command): Promise<GeneratedFile> {
  const commands = leaves(program);
  const list = commands.map((command) => `- [\`${nameOf(command)}\`](#${anchorOf(command)}): ${command.summary()}`);
  return {
    path: 'docs/reference/cli.md',
    content: await format([HEADING, list.join('\n'), ...commands.map(section)].join('\n\n'), { parser: 'markdown' }),
  };
}

const HEADING = `# The edgeml command

\`npm run -s edgeml -- COMMAND\` runs it from a checkout, as does \`npx edgeml COMMAND\`; \`npm install --global .\` puts \`edgeml\` on your PATH. Every command takes \`--help\` and \`--json\`; commands that change something outside of your
machine also take \`--dry-run\`. Exit codes: 0 done, 1 failed, 2 wrong usage. \`edgeml completion bash\` (or \`zsh\`, \`fish\`) prints completion for your shell.
\`npm run generate\` writes this page from the commands.`;

function section(command: Command): string {
  return [`## ${nameOf(command)}`, '```text', helpOf(command), '```'].join('\n');
}

function leaves(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => (child.commands.length > 0 ? leaves(child) : [child]));
}

function nameOf(command: Command): string {
  const parent = command.parent;
  return parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

function anchorOf(command: Command): string {
  return nameOf(command).replaceAll(' ', '-');
}

/** What `--help` prints, the texts after the options included, in a width that does not depend on the terminal. */
function helpOf(command: Command): string {
  let text = '';
  const output = { writeOut: (part: string): void => void (text += part), getOutHelpWidth: (): number => HELP_WIDTH };
  command.configureOutput(output).outputHelp();
  return text.trim();
}
