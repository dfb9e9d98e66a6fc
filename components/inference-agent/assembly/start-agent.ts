import { backgroundSubscriber } from '#packages/ipc';
import { OpenLeases } from '../frames/lease-route.ts';
import { invokeOverIpc } from '../ipc/invoke-over-ipc.ts';
import { followWorkFolderMode } from '../settings/work-folder-mode.ts';
import type { Agent, AgentOptions } from './agent.ts';
import { openPolicy } from './agent-policy.ts';
import { AgentStatus } from './agent-status.ts';
import { answering } from './answering.ts';
import { agentEnding } from './end-agent.ts';
import { feedbackWays } from './feedback-ways.ts';
import { followConfiguration } from './follow-configuration.ts';
import { grpcFaces } from './grpc-faces.ts';
import { joinNucleus } from './join-nucleus.ts';
import { lookRegularly } from './look-regularly.ts';
import { metricSources } from './metric-sources.ts';
import { agentReports } from './reports.ts';
import { serveHttp } from './serve-http.ts';
import { openServing } from './serving.ts';
import { tellCrashes } from './tell-crashes.ts';
import { openWatchers } from './watchers.ts';

/**
 * Puts the agent together. A part knows only those that were made before it; those that are made later listen to it.
 * @throws EdgeError `socket.*`, `provider.unknown`, `cloud-provider.*`
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { workFolder, configuration, ipc, predecessor, clock, log } = options;

  await followWorkFolderMode(workFolder, configuration.current);
  const policy = await openPolicy(options);
  const reports = agentReports(options);
  const stopCountingCrashes = tellCrashes(options.crashes ?? 0, reports.incidents, clock);
  const feedback = feedbackWays({ ...options, ...reports, configuration: () => configuration.current });
  const serving = await openServing(options, { policy, reports, feedback });
  const watchers = await openWatchers(options, { policy, reports, serving });
  reports.metrics.readFrom(metricSources(options, serving, watchers.drift));
  const status = new AgentStatus();
  const answers = answering(options, { serving, watchers, status });
  const faces = grpcFaces(options, { reports, serving, watchers, answers });
  const following = followConfiguration(options, { reports, serving, watchers, faces });

  const { finished } = await serving.restore();
  // Callers are answered by the predecessor until every model can.
  if (predecessor) await finished;
  watchers.troubles.look();
  const leases = new OpenLeases();
  const sockets = await serveHttp(options, {
    reports,
    serving,
    watchers,
    answers,
    feedback,
    following,
    leases,
    status,
  });
  void predecessor?.end();
  await faces.open();
  const restored = finished.then(() => {
    status.ready();
    watchers.link.start();
    log.info({ services: serving.registry.aliases() }, 'agent.ready');
    // Only now: what serves comes first.
    void serving.challengers.restore();
  });

  backgroundSubscriber(log)('invoke', invokeOverIpc({ ipc, ...answers, log }));
  following.start();
  const stopLooking = lookRegularly(options, { reports, serving, watchers, following });
  const leaveNucleus = joinNucleus(options, () => serving.registry.busy);

  const stopFollowing = (): void => {
    status.stopping();
    stopLooking();
    stopCountingCrashes();
    following.stop();
    leaveNucleus();
  };
  return {
    socketPath: sockets.inference,
    adminSocketPath: sockets.administration,
    openInferencePort: sockets.port,
    restored,
    ...agentEnding(options, { stopFollowing, sockets, faces, serving, watchers, feedback, leases }),
  };
}
