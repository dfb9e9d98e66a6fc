import { stat } from 'node:fs/promises';
import { cliErrors } from '../errors.ts';
import type { CommandSpec } from '../frame/command.ts';
import { lastLogLines, logFileOf } from './component-log.ts';
import { rootOf, rootOption } from './core-root.ts';
import type { RootOption } from './core-root.ts';
import { followFile } from './follow-file.ts';

interface LogsOptions extends RootOption {
  readonly lines: string;
  readonly follow?: boolean;
}

export const logsCommand: CommandSpec<LogsOptions> = {
  usage: 'logs <component>',
  summary: "show a component's log",
  options: (command) =>
    rootOption(command)
      .option('-n, --lines <count>', 'how many of the last lines', '50')
      .option('-f, --follow', 'go on with new lines until Ctrl-C'),
  run: async ({ args: [component = ''], options, out, signal }) => {
    const root = rootOf(options);
    const file = logFileOf(root, component);
    const found = await stat(file).catch((cause: unknown) => {
      throw cliErrors.error('cli.no-log', `${component} has no log: there is no ${file}`, { cause, facts: { file } });
    });
    const show = (line: string): void => (out.isJson ? out.json({ component, line }) : out.line(line));
    (await lastLogLines(root, component, Number(options.lines))).forEach(show);
    if (options.follow) await followFile(file, found.size, show, signal);
  },
};
