import type { Clock, Logger } from '#packages/foundation';
import type { CredentialProvider } from './credentials/provider.ts';
import type { IotCoreChoice } from './mqtt/start-iot-core.ts';
import type { ComponentState } from './ports.ts';

export interface LocalCoreOptions {
  /** Folder of the core; made if it is missing. */
  readonly root: string;
  /**
   * Whether what was deployed there before starts at once. Default true; false: with the next deployment, for a caller that deploys
   * at once and wants to see everything that happens.
   */
  readonly restore?: boolean;
  /** Default `edgeml-local`. */
  readonly thingName?: string;
  /** AWS_REGION of the components. Default `us-east-1`. */
  readonly region?: string;
  /** Platform attributes over those of this machine, e.g. `{ accelerator: 'cuda' }`. */
  readonly platformOverride?: Readonly<Record<string, string>>;
  /** Behave as nucleus lite. Default false. */
  readonly strictLite?: boolean;
  /** Default: an embedded broker on a free port of the loopback address. */
  readonly mqtt?: IotCoreChoice;
  /** Secrets for GetSecretValue: YAML or JSON. */
  readonly secretsFile?: string;
  /**
   * Token exchange service: what it gives to components that ask, e.g. `staticCredentials(clock)` for a local object store.
   * Default: none, and no address of it in the environment of components.
   */
  readonly tokenExchange?: { readonly provider: CredentialProvider; readonly port?: number };
  /** Added to the environment of every component. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Default: `<root>/logs/greengrass.log`. */
  readonly log?: Logger;
}

/** A change of a component's state. */
export interface StateChange {
  readonly component: string;
  readonly from: ComponentState;
  readonly to: ComponentState;
  readonly statusReason?: string;
}
