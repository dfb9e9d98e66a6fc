import type { CommandSpec } from '../frame/command.ts';
import { rootOf, rootOption } from './core-root.ts';
import type { RootOption } from './core-root.ts';
import { withNucleus } from './nucleus-client.ts';

export const stopCommand: CommandSpec<RootOption> = {
  usage: 'stop <components...>',
  summary: 'stop components; they stay deployed',
  options: rootOption,
  run: ({ args, options, out }) =>
    withNucleus(rootOf(options), async (client) => {
      for (const componentName of args) {
        await client.call(`stopping ${componentName}`, client.sdk.stopComponent({ componentName }));
        out.json({ component: componentName, stopped: true });
        if (!out.isJson) out.line(`Stopping ${componentName}`);
      }
    }),
};
