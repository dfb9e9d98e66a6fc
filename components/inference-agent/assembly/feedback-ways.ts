import { resolve } from 'node:path';
import type { Clock, Incidents } from '#packages/foundation';
import { createFeedbackClient } from '#packages/http';
import type { FeedbackClient } from '#packages/http';
import type { AgentConfiguration } from '../config.ts';
import { DifferenceFeedback } from '../feedback/difference-feedback.ts';
import { V1Feedback } from '../feedback/v1-feedback.ts';
import type { AgentMetrics } from '../metrics/agent-metrics.ts';
import { ownSettings } from '../settings/service-settings.ts';

export interface FeedbackPorts {
  readonly workFolder: string;
  /** Where the feedback uploader listens. Default: its socket in the work folder beside ours. */
  readonly feedbackSocket?: string | undefined;
  readonly configuration: () => AgentConfiguration;
  readonly metrics: Pick<AgentMetrics, 'feedback'>;
  readonly incidents: Incidents;
  readonly clock: Clock;
}

/** The samples that the agent itself gives to the feedback uploader. */
export interface FeedbackWays {
  readonly uploader: FeedbackClient;
  /** Inferences of programs that were written for Greengrass V1. */
  readonly feedback: V1Feedback;
  /** Frames on which a challenger differs. */
  readonly differences: DifferenceFeedback;
}

/** Opens nothing: the uploader is asked with the first sample. */
export function feedbackWays(ports: FeedbackPorts): FeedbackWays {
  const { workFolder, feedbackSocket, configuration, metrics, incidents, clock } = ports;
  const socketPath = feedbackSocket ?? resolve(workFolder, '..', 'edgeml.FeedbackUploader', 'feedback.sock');
  const uploader = createFeedbackClient({ socketPath });
  const shared = {
    client: uploader,
    incidents,
    clock,
    count: (name: string, outcome: Parameters<AgentMetrics['feedback']>[1]) => metrics.feedback(name, outcome),
  };
  return {
    uploader,
    feedback: new V1Feedback({
      ...shared,
      configIdOf: (name) => ownSettings(configuration(), name)?.MLFeedbackConnectorConfigId,
    }),
    differences: new DifferenceFeedback({
      ...shared,
      configIdOf: (name) => ownSettings(configuration(), name)?.ChallengerFeedbackConfigId,
    }),
  };
}
