import { EditableConfiguration } from '#packages/foundation';
import { agentConfiguration } from '../config.ts';
import type { OpenLeases } from '../frames/lease-route.ts';
import type { RoutePorts } from '../http/routes.ts';
import { COMPONENT } from '../settings/live-configuration.ts';
import type { AgentOptions } from './agent.ts';
import type { AgentStatus } from './agent-status.ts';
import type { Answering } from './answering.ts';
import type { FeedbackWays } from './feedback-ways.ts';
import type { ConfigurationFollowing } from './follow-configuration.ts';
import { openSockets } from './open-sockets.ts';
import type { AgentSockets } from './open-sockets.ts';
import type { Reports } from './reports.ts';
import type { Serving } from './serving.ts';
import type { Watchers } from './watchers.ts';

export interface HttpParts {
  readonly reports: Reports;
  readonly serving: Serving;
  readonly watchers: Watchers;
  readonly answers: Answering;
  readonly feedback: Pick<FeedbackWays, 'feedback'>;
  readonly following: ConfigurationFollowing;
  readonly leases: OpenLeases;
  readonly status: AgentStatus;
}

/** Opens the agent's sockets for everybody who asks it. @throws EdgeError `socket.*` */
export async function serveHttp(options: AgentOptions, parts: HttpParts): Promise<AgentSockets> {
  const { workFolder, configuration, platform, predecessor, clock, log } = options;
  const { incidents, metrics } = parts.reports;
  const sockets = await openSockets(
    {
      workFolder,
      configuration: () => configuration.current,
      clock,
      onGuarded: (socket, reason) => metrics.guarded(socket, reason),
      takeOver: predecessor !== undefined,
      incidents,
    },
    routePorts(options, parts),
  );
  log.info(
    {
      socket: sockets.inference,
      adminSocket: sockets.administration,
      providers: platform.providers,
      cores: platform.cores,
    },
    'agent.listening',
  );
  return sockets;
}

function routePorts({ ipc, frames, buffers, log }: AgentOptions, parts: HttpParts): RoutePorts {
  const { reports, serving, watchers, answers, feedback, following, leases, status } = parts;
  const { requests, registry, challengers } = serving;
  const { troubles, gallery, drift } = watchers;
  return {
    invoker: answers.invoker,
    arrays: answers.arrays,
    feedback: feedback.feedback,
    registry,
    gallery,
    drift,
    challengers,
    frames,
    leases,
    health: () => ({ status: status.current, services: registry.aliases(), expected: registry.expected() }),
    incidents: () => {
      troubles.look();
      return reports.incidents.current;
    },
    metrics: () => reports.metrics.text(),
    settings: new EditableConfiguration({
      component: COMPONENT,
      schema: agentConfiguration,
      ipc,
      check: (raw) => following.requireTakeable(raw),
    }),
    openInference: {
      service: answers.openInference,
      buffers,
      maxBodyBytes: () => requests.maxImageBytes,
    },
    log,
  };
}
