import { APPLICATION, AGENT, consoleSocketBeside, FEEDBACK_UPLOADER } from '#packages/http';
import { peerLink } from './peer-link.ts';
import type { PeerLink } from './peer-link.ts';

/** The components of the device that the console asks. */
export interface Device {
  readonly agent: PeerLink;
  /** The agent's settings: its other socket does not serve them. */
  readonly agentSettings: PeerLink;
  readonly app: PeerLink;
  readonly feedback: PeerLink;
  close(): void;
}

export interface DeviceSockets {
  readonly agentSocket: string | undefined;
  readonly appSocket: string | undefined;
  readonly feedbackSocket: string | undefined;
}

export function openDevice({ agentSocket, appSocket, feedbackSocket }: DeviceSockets): Device {
  const links = {
    agent: peerLink('edgeml.InferenceAgent', AGENT, agentSocket),
    agentSettings: peerLink(
      'edgeml.InferenceAgent',
      AGENT,
      agentSocket === undefined ? undefined : consoleSocketBeside(agentSocket),
    ),
    app: peerLink('edgeml.InferenceApp', APPLICATION, appSocket),
    feedback: peerLink('edgeml.FeedbackUploader', FEEDBACK_UPLOADER, feedbackSocket),
  };
  return { ...links, close: () => Object.values(links).forEach((link) => link.close()) };
}
