import { APPLICATION, AGENT, FEEDBACK_UPLOADER } from '#packages/http';
import { peerLink } from './peer-link.ts';
import type { PeerLink } from './peer-link.ts';

/** The components of the device that the console asks. */
export interface Device {
  readonly agent: PeerLink;
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
    app: peerLink('edgeml.InferenceApp', APPLICATION, appSocket),
    feedback: peerLink('edgeml.FeedbackUploader', FEEDBACK_UPLOADER, feedbackSocket),
  };
  return { ...links, close: () => Object.values(links).forEach((link) => link.close()) };
}
