import { parseConfiguration } from '#packages/foundation';
import type { UnknownSettings } from '#packages/foundation';
import { COMPONENT, consoleConfiguration } from './config.ts';
import type { ConsoleConfiguration } from './config.ts';

/** The component's configuration as the nucleus hands it over. @throws EdgeError `config.invalid` */
export function readConfiguration(raw: unknown, onUnknown: (unknown: UnknownSettings) => void): ConsoleConfiguration {
  return parseConfiguration(consoleConfiguration, raw, { component: COMPONENT, onUnknown });
}
