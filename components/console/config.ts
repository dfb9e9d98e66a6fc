import * as z from 'zod';
import { booleanSetting, choiceSetting, integerSetting, textListSetting, textSetting } from '#packages/foundation';
import type { DeepReadonly } from '#packages/foundation';

/** Configuration of `edgeml.Console`. The recipe's defaults and docs/configuration.md are generated from it. */
export const consoleConfiguration = z.object({
  LogLevel: choiceSetting(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Lowest level of the lines that are logged.'),
  Address: textSetting()
    .default('127.0.0.1')
    .describe(
      'Address that the page is served on. Any other than 127.0.0.1 and ::1 needs a TokenFile, and the network can read along: put TLS in front of it. A change takes effect at the next start.',
    ),
  Port: integerSetting({ min: 0, max: 65_535 })
    .default(8484)
    .describe('Port of the page; 0: a free one. A change takes effect at the next start.'),
  AnyPortIfTaken: booleanSetting()
    .default(false)
    .describe(
      'Whether the page is served on a free port if another program has the Port; false: the component fails then. `npm start` sets it. A change takes effect at the next start.',
    ),
  HostNames: textListSetting()
    .default([])
    .describe(
      'Names under which browsers may open the page, besides localhost, 127.0.0.1, ::1 and the Address: all others are refused.',
    ),
  AllowConfiguration: booleanSetting()
    .default(false)
    .describe(
      "Whether the page may change the settings of the agent, the application and the uploader, with the token; false: it shows them. The settings name commands that the device runs and keys that it trusts, so the token is then worth as much as a login of the components' user.",
    ),
  TrySocket: textSetting()
    .default('')
    .describe(
      'Unix socket of a service that tries models which somebody drops on the page; `npm start` has one and sets it. Empty: none. A change takes effect at the next start.',
    ),
  TokenFile: textSetting()
    .default('')
    .describe(
      'File with the token (16 characters or more) that every write needs, and everything if the Address is not this device only. Empty: `token` in the work folder of the component, made at the first start.',
    ),
});

export type ConsoleConfiguration = DeepReadonly<z.output<typeof consoleConfiguration>>;

export const COMPONENT = 'edgeml.Console';
