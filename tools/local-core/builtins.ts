import type { ComponentSummary } from './ports.ts';

/** Release of the nucleus whose behavior the core follows; components read it from GGC_VERSION. */
export const NUCLEUS_VERSION = '2.17.0';

export const NUCLEUS = 'aws.greengrass.Nucleus';
export const CLI = 'aws.greengrass.Cli';
const TOKEN_EXCHANGE = 'aws.greengrass.TokenExchangeService';

/**
 * AWS components that the core itself stands in for. They are always RUNNING, resolve as dependencies,
 * and are never installed, restarted or removed.
 */
export const BUILTINS: Readonly<Record<string, string>> = {
  [NUCLEUS]: NUCLEUS_VERSION,
  [CLI]: NUCLEUS_VERSION,
  [TOKEN_EXCHANGE]: '2.0.3',
  'aws.greengrass.SecretManager': '2.2.0',
};

export function builtinSummaries(configuration: (component: string) => unknown): readonly ComponentSummary[] {
  return Object.entries(BUILTINS).map(([componentName, version]) => ({
    componentName,
    version,
    state: 'RUNNING',
    configuration: (configuration(componentName) ?? {}) as Readonly<Record<string, unknown>>,
  }));
}

/** The rights of command-line clients: everything. Their token lies in a file that only the owner of the core can read. */
export const CLI_ACCESS = {
  accessControl: Object.fromEntries(
    ['aws.greengrass.Cli', 'aws.greengrass.ipc.pubsub', 'aws.greengrass.ipc.mqttproxy'].map((service) => [
      service,
      { [`${CLI}:${service}:1`]: { operations: ['*'], resources: ['*'] } },
    ]),
  ),
};
