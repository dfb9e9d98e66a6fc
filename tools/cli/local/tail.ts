import type { CommandSpec } from '../frame/command.ts';
import { readResult, resultLine } from '../results/result-line.ts';
import { rootOf, rootOption } from './core-root.ts';
import type { RootOption } from './core-root.ts';
import { withNucleus } from './nucleus-client.ts';
import { subscribeUntil } from './subscribe.ts';

export const tailCommand: CommandSpec<RootOption> = {
  usage: 'tail',
  summary: 'print results and events as they happen until Ctrl-C',
  options: rootOption,
  run: ({ options, out, signal }) =>
    withNucleus(rootOf(options), (client) =>
      subscribeUntil(
        client,
        ['edgeml/results/#', 'edgeml/events'],
        ({ topic, message }) => {
          out.json({ topic, message });
          if (out.isJson) return;
          const result = readResult(message);
          out.line(result ? resultLine(result, out) : out.paint('dim', `${topic}  ${JSON.stringify(message)}`));
        },
        signal,
        () => out.note('Waiting for results and events …'),
      ),
    ),
};
