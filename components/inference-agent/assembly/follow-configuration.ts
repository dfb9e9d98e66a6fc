import { ConfigurationFollower } from '../settings/configuration-follower.ts';
import { logLevel } from '../settings/live-configuration.ts';
import { StandInRequests } from '../settings/stand-in-requests.ts';
import { followWorkFolderMode } from '../settings/work-folder-mode.ts';
import type { AgentOptions } from './agent.ts';
import type { GrpcFaces } from './grpc-faces.ts';
import type { Reports } from './reports.ts';
import type { Serving } from './serving.ts';
import type { Watchers } from './watchers.ts';

export interface FollowingParts {
  readonly reports: Reports;
  readonly serving: Serving;
  readonly watchers: Watchers;
  readonly faces: GrpcFaces;
}

/** Brings each change to all parts: of the agent's own settings, and of those of the component that stands in for Edge Manager. */
export interface ConfigurationFollowing {
  /** Whether a configuration would be taken. @throws EdgeError why not */
  requireTakeable(raw: unknown): Promise<void>;
  start(): void;
  /** Looks whether the other component has changed or asks for something. Rejects if the nucleus does not answer. */
  look(): Promise<void>;
  /** Answers the other component no more. */
  stop(): void;
}

export function followConfiguration(options: AgentOptions, parts: FollowingParts): ConfigurationFollowing {
  const { workFolder, configuration, overlay, ipc, log } = options;
  const { reports, watchers, faces } = parts;
  const follower = new ConfigurationFollower({
    configuration,
    overlay,
    ipc,
    objection: (next) => watchers.policyWatch.objection(next),
    onChange: (restartNeeded) => bringChange(options, parts, restartNeeded),
    announce: reports.events.announce,
    incidents: reports.incidents,
    log,
  });
  const standIn = new StandInRequests({
    folder: workFolder,
    served: () => faces.edgeManager.served,
    onRequest: async (component) => {
      overlay.expectChange(component);
      await follower.lookAtOverlay();
    },
    log,
  });
  // A request ends when Edge Manager's socket is as the settings want it, which may take many attempts.
  faces.edgeManager.onServed(() => void standIn.answer());
  return {
    requireTakeable: (raw) => follower.requireTakeable(raw),
    start() {
      follower.start();
      standIn.start();
      void standIn.look();
    },
    async look() {
      await follower.lookAtOverlay();
      await standIn.look();
    },
    stop: () => standIn.stop(),
  };
}

/** Brings a change to everything that was told the former settings. */
async function bringChange(
  { workFolder, configuration, setLogLevel }: AgentOptions,
  { reports, serving, watchers, faces }: FollowingParts,
  restartNeeded: readonly string[],
): Promise<void> {
  const { requests, admission, registry, challengers } = serving;
  setLogLevel(logLevel(configuration.current));
  requests.follow(configuration.current);
  reports.events.announce('configuration.applied', { restartNeeded });
  admission.pump();
  watchers.drift.follow();
  void watchers.link.configure();
  await followWorkFolderMode(workFolder, configuration.current).catch((error: unknown) =>
    reports.incidents.opened('WorkFolderMode', 'configuration.rejected', { error, severity: 'error' }),
  );
  await faces.follow();
  watchers.policyWatch.look();
  void registry.review();
  void challengers.registry.review();
}
