import type { CommandSpec } from '../frame/command.ts';
import { rootOf, rootOption } from './core-root.ts';
import type { RootOption } from './core-root.ts';
import { withNucleus } from './nucleus-client.ts';
import { subscribeUntil } from './subscribe.ts';

export const subCommand: CommandSpec<RootOption> = {
  usage: 'sub <topics...>',
  summary: 'print messages on local topics (+ and # are wildcards) until Ctrl-C',
  options: rootOption,
  run: ({ args: topics, options, out, signal }) =>
    withNucleus(rootOf(options), (client) =>
      subscribeUntil(
        client,
        topics,
        ({ topic, message }) => {
          out.json({ topic, message });
          if (!out.isJson) out.line(`${topic}  ${typeof message === 'string' ? message : JSON.stringify(message)}`);
        },
        signal,
        () => out.note(`Subscribed to ${topics.join(', ')}`),
      ),
    ),
};
