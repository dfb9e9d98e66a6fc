/**
 * The border between the core's two halves: the nucleus (configuration, lifecycle, deployments) and the IPC server.
 * The IPC server sees the nucleus through `NucleusPort`; the nucleus asks components through `ComponentNotifier`, which the server implements.
 */

export type ComponentState =
  'NEW' | 'INSTALLED' | 'STARTING' | 'RUNNING' | 'STOPPING' | 'ERRORED' | 'BROKEN' | 'FINISHED';

export interface ComponentSummary {
  readonly componentName: string;
  readonly version: string;
  readonly state: ComponentState;
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Why the component is ERRORED or BROKEN: last line that it wrote, exit code, time-out. */
  readonly statusReason?: string;
}

export interface LocalDeploymentRequest {
  readonly groupName?: string;
  readonly recipeDirectoryPath?: string;
  readonly artifactsDirectoryPath?: string;
  readonly rootComponentVersionsToAdd?: Readonly<Record<string, string>>;
  readonly rootComponentsToRemove?: readonly string[];
  readonly componentToConfiguration?: Readonly<
    Record<string, { readonly MERGE?: unknown; readonly RESET?: readonly string[] }>
  >;
  readonly failureHandlingPolicy?: 'ROLLBACK' | 'DO_NOTHING';
  /**
   * How a core that behaves as nucleus lite takes it: `cloud` as a job of the cloud, which unpacks archives; default `local`, as
   * from ggl-cli, which does not. The Java nucleus unpacks either way. Not known over IPC.
   */
  readonly origin?: 'cloud' | 'local';
  /** Default: ask every component that subscribed to updates, 60 s for those who do not answer. */
  readonly componentUpdatePolicy?: {
    readonly action?: 'NOTIFY_COMPONENTS' | 'SKIP_NOTIFY_COMPONENTS';
    readonly timeoutInSeconds?: number;
  };
  /** Default: 20 s. */
  readonly configurationValidationPolicy?: { readonly timeoutInSeconds?: number };
}

type DeploymentStatus = 'QUEUED' | 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'CANCELED';

export interface DeploymentOutcome {
  readonly deploymentId: string;
  readonly status: DeploymentStatus;
  /** `SUCCESSFUL`, `FAILED_NO_STATE_CHANGE`, `FAILED_ROLLBACK_COMPLETE`, `FAILED_ROLLBACK_NOT_REQUESTED`, `FAILED_UNABLE_TO_ROLLBACK`, `REJECTED`. */
  readonly detailedStatus?: string;
  readonly error?: string;
}

/** Configuration of all components, with the nucleus' merge, reset and timestamp rules. */
export interface ConfigurationStore {
  /** Value at the path, a container as a plain object; undefined if nothing is. */
  get(component: string, keyPath: readonly string[]): unknown;
  /** Merges with the timestamp rule: returns false if a newer value stands. Times are epoch milliseconds. */
  merge(component: string, keyPath: readonly string[], value: unknown, timestampMs: number): boolean;
  /** Calls back with the changed path for changes at or below `keyPath`. */
  subscribe(
    component: string,
    keyPath: readonly string[],
    listener: (changedPath: readonly string[]) => void,
  ): () => void;
}

export interface NucleusPort {
  readonly configuration: ConfigurationStore;
  /** Component that holds this SVCUID; undefined for an unknown token. */
  componentOfToken(token: string): string | undefined;
  components(): readonly ComponentSummary[];
  reportState(component: string, state: 'RUNNING' | 'ERRORED'): void;
  /** Asks for it and resolves at once, as a component may ask for its own; rejects if it cannot be done. */
  restart(component: string): Promise<void>;
  /** The same. */
  stop(component: string): Promise<void>;
  createLocalDeployment(request: LocalDeploymentRequest): string;
  cancelLocalDeployment(deploymentId: string): boolean;
  deployments(): readonly (DeploymentOutcome & { readonly createdOn: number })[];
}

/** Asked by the nucleus during a deployment; implemented by the IPC server over its subscriptions. */
export interface ComponentNotifier {
  /**
   * Resolves when no subscriber defers any more: all have answered 0, or those who stayed silent have had `timeoutMs`.
   * A deferral is waited out and then all are asked again, so that only the signal ends a component that always defers;
   * rejects with the signal's reason.
   */
  beforeUpdate(deploymentId: string, timeoutMs: number, signal?: AbortSignal): Promise<void>;
  afterUpdate(deploymentId: string): void;
  /**
   * Resolves with the reason of the first rejection, undefined when all accepted, or a time-out reason. If none of
   * the changed components has subscribed, all accept; if one has, the nucleus waits for the others too.
   */
  validate(deploymentId: string, changed: ReadonlyMap<string, unknown>, timeoutMs: number): Promise<string | undefined>;
}
