import { parseConfiguration } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { COMPONENT, consoleConfiguration } from './config.ts';
import type { ConsoleConfiguration } from './config.ts';

/** The component's configuration as the nucleus hands it over. @throws EdgeError `config.invalid` */
export function readConfiguration(raw: unknown, log?: Logger): ConsoleConfiguration {
  return parseConfiguration(consoleConfiguration, raw, { component: COMPONENT, ...(log ? { log } : {}) });
}
