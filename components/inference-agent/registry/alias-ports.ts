import type { Attempt, Progress } from './attempt.ts';
import type { ModelLoader } from './model-loader.ts';
import type { LoaderPorts } from './registry-ports.ts';

/** The registry's services for each alias. */
export interface AliasPorts extends LoaderPorts {
  readonly loader: ModelLoader;
  /** Aborted when the agent ends. */
  readonly closing: AbortSignal;
  /** A try to bring a model into service, under the limits of today's policy; nobody watches it unless told. */
  attempt(about: string, progress?: Progress, signal?: AbortSignal): Attempt;
  /** Those that serve, to be named in errors. */
  aliases(): readonly string[];
  /** A change of the alias is over. */
  onIdle(alias: string): void;
}
