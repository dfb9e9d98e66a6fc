import type { CommandSpec } from '../frame/command.ts';
import { rootOf, rootOption } from './core-root.ts';
import type { RootOption } from './core-root.ts';
import { withNucleus } from './nucleus-client.ts';

export const restartCommand: CommandSpec<RootOption> = {
  usage: 'restart <components...>',
  summary: 'restart components',
  options: rootOption,
  run: ({ args, options, out }) =>
    withNucleus(rootOf(options), async (client) => {
      for (const componentName of args) {
        await client.call(`restarting ${componentName}`, client.sdk.restartComponent({ componentName }));
        out.json({ component: componentName, restarted: true });
        if (!out.isJson) out.line(`Restarting ${componentName}`);
      }
    }),
};
