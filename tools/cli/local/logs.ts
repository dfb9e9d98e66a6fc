import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { cliErrors } from '../errors.ts';
import type { CommandSpec } from '../frame/command.ts';
import { LOG_LEVELS, logLine, readLogLine } from '../logs/log-event.ts';
import type { LogEvent, LogEventLevel } from '../logs/log-event.ts';
import { lastLogLines, logFileOf } from './component-log.ts';
import { rootOf, rootOption } from './core-root.ts';
import type { RootOption } from './core-root.ts';
import { followFile } from './follow-file.ts';

interface LogsOptions extends RootOption {
  readonly lines: string;
  readonly level: string;
  readonly follow?: boolean;
}

/** Far enough back for the few lines of a high level. */
const READ_LINES = 100_000;

export const logsCommand: CommandSpec<LogsOptions> = {
  usage: 'logs [components...]',
  summary: 'show the logs of the named components, or of all, one event a line',
  options: (command) =>
    rootOption(command)
      .option('-n, --lines <count>', 'how many of the last events', '50')
      .option('-l, --level <level>', `only this level and above: ${LOG_LEVELS.join(', ')}`, 'debug')
      .option('-f, --follow', 'follow new events until Ctrl-C'),
  help: `
The level is the component's own: a warning is shown as one, even if the nucleus wraps it as INFO.
With --json each event is one object: time, level, component, event, and its facts.
Examples:
  npm run -s edgeml -- local logs --level warn
  npm run -s edgeml -- local logs edgeml.InferenceApp -f`,
  run: async ({ args, options, out, signal }) => {
    const root = rootOf(options);
    const lowest = LOG_LEVELS.indexOf(options.level as LogEventLevel);
    if (lowest < 0)
      throw cliErrors.error('cli.usage', `--level is ${options.level}; give one of ${LOG_LEVELS.join(', ')}`);
    const lines = Number(options.lines);
    if (!Number.isInteger(lines) || lines < 0)
      throw cliErrors.error('cli.usage', `--lines is ${options.lines}; give a whole number`);
    const isWanted = ({ level }: LogEvent): boolean => LOG_LEVELS.indexOf(level) >= lowest;
    const show = (event: LogEvent): void => {
      const { facts, ...head } = event;
      out.json({ ...head, ...facts });
      if (!out.isJson) out.line(logLine(event, out));
    };
    const components = args.length > 0 ? args : await componentsWithLogs(root);
    const sizes = await Promise.all(components.map((component) => sizeOf(root, component)));
    const found = await Promise.all(
      components.map(async (component) => {
        const texts = await lastLogLines(root, component, READ_LINES);
        return texts.map((line) => readLogLine(component, line)).filter(isWanted);
      }),
    );
    const events = found.flat().sort((a, b) => a.time.localeCompare(b.time));
    (lines === 0 ? [] : events.slice(-lines)).forEach(show);
    if (!options.follow) return;
    await Promise.all(
      components.map((component, index) =>
        followFile(
          logFileOf(root, component),
          sizes[index] ?? 0,
          (line) => {
            const event = readLogLine(component, line);
            if (isWanted(event)) show(event);
          },
          signal,
        ),
      ),
    );
  },
};

async function componentsWithLogs(root: string): Promise<readonly string[]> {
  const folder = path.join(root, 'logs');
  const names = await readdir(folder).catch(() => []);
  // `greengrass_2026_02_03_10_0.log` is what a log was turned into.
  const components = names.flatMap((name) => /^([^_]+)\.log$/.exec(name)?.[1] ?? []);
  if (components.length > 0) return components;
  throw cliErrors.error('cli.no-log', `there is no log in ${folder}`, { facts: { file: folder } });
}

async function sizeOf(root: string, component: string): Promise<number> {
  const file = logFileOf(root, component);
  const found = await stat(file).catch((cause: unknown) => {
    throw cliErrors.error('cli.no-log', `${component} does not have a log: there is no ${file}`, {
      cause,
      facts: { file },
    });
  });
  return found.size;
}
