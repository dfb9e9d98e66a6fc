import { entry, errorCatalogue } from '#packages/foundation';

interface ConnectionFacts {
  readonly socketPath: string;
  readonly path: string;
  readonly code: string;
}

interface TimeoutFacts {
  readonly socketPath: string;
  readonly path: string;
  readonly timeoutMs: number;
}

/** What a client of the agent or of the feedback uploader meets, and whoever listens on a socket or port. */
export const httpErrors = errorCatalogue({
  'agent.bad-answer': entry<{ readonly path?: string }>({
    status: 502,
    todo: 'The answer is not what this version understands. Deploy the same version of edgeml.InferenceAgent and of this component.',
  }),
  'agent.connection-lost': entry<ConnectionFacts>({
    status: 503,
    todo: 'The agent ended or restarted while answering. Repeat the request; look into the log of edgeml.InferenceAgent if it happens again.',
  }),
  'agent.timeout': entry<TimeoutFacts>({
    status: 504,
    todo: 'The agent did not answer in time. Look at its load (GET /metrics) or raise the time-out.',
  }),
  'agent.unreachable': entry<ConnectionFacts>({
    status: 503,
    todo: 'Check that the component edgeml.InferenceAgent is deployed and RUNNING, and that its socket may be opened by this user: agent.sock by the group of the nucleus, admin.sock only by the user of the agent unless AdminSocketMode says 660.',
  }),
  'app.bad-answer': entry<{ readonly path?: string }>({
    status: 502,
    todo: 'The answer is not what this version understands. Deploy the same version of edgeml.InferenceApp and of this component.',
  }),
  'app.connection-lost': entry<ConnectionFacts>({
    status: 503,
    todo: 'The application ended or restarted while answering. Look into the log of edgeml.InferenceApp if it happens again.',
  }),
  'app.timeout': entry<TimeoutFacts>({
    status: 504,
    todo: 'The application did not answer in time. Look at the load of the device.',
  }),
  'app.unreachable': entry<ConnectionFacts>({
    status: 503,
    todo: 'Check that the component edgeml.InferenceApp is deployed and RUNNING, and that its socket may be opened by this user.',
  }),
  'feedback.bad-answer': entry<{ readonly path?: string }>({
    status: 502,
    todo: 'The answer is not what this version understands. Deploy the same version of edgeml.FeedbackUploader and of this component.',
  }),
  'feedback.connection-lost': entry<ConnectionFacts>({
    status: 503,
    todo: 'The uploader ended or restarted while answering; it may or may not have kept the sample. Look into the log of edgeml.FeedbackUploader if it happens again.',
  }),
  'feedback.timeout': entry<TimeoutFacts>({
    status: 504,
    todo: 'The uploader did not answer in time. Look at the disk and the load of the device, or raise the time-out.',
  }),
  'feedback.unreachable': entry<ConnectionFacts>({
    status: 503,
    todo: 'Check that the component edgeml.FeedbackUploader is deployed and RUNNING, and that its socket may be opened by this user (group of the nucleus, mode 0660).',
  }),
  'http.displaced': entry<{
    readonly part: 'head' | 'body';
    readonly stalledMs: number;
    readonly maxConnections: number;
  }>({
    status: 503,
    todo: 'Send a request in one go once all of it is there. If many clients are at work, raise MaxConnections of the agent.',
  }),
  'http.pipelined': {
    status: 400,
    todo: 'Wait for the answer before the next request on the same connection, or open another connection.',
  },
  'http.too-many-requests': entry<{ readonly maxConnections: number }>({
    status: 503,
    todo: 'Wait as long as Retry-After says, then repeat. If it lasts: fewer clients at once, or a larger MaxConnections of the agent.',
  }),
  'http.too-slow': entry<{ readonly part: 'head' | 'body'; readonly minBytesPerSecond: number }>({
    status: 408,
    todo: 'Send a request in one go once all of it is there. For a client that cannot, lower MinUploadKBps of the agent.',
  }),
  'socket.failed': {
    todo: 'Check that the folder of the socket exists and that this user may write to it, or choose another port.',
  },
  'socket.in-use': entry<{ readonly path: string }>({
    todo: 'Another process listens on the socket: another process of this component, or another local core. End it, or set another Socket or root folder.',
  }),
  'socket.not-a-socket': entry<{ readonly path: string }>({
    todo: 'Something else lies at the path of the socket. Move it away, or set another Socket.',
  }),
  'socket.path-too-long': entry<{
    readonly path: string;
    readonly workingDirectory: string;
    readonly bytes: number;
    readonly allowed: number;
  }>({
    status: 500,
    todo: 'Put the Greengrass root folder higher up, or start the process in the folder of the socket, so that the relative path is short.',
  }),
  'socket.unsafe-folder': entry<{ readonly path: string }>({
    todo: "Name a folder that belongs to the agent's user or to root and that nobody else may write into, e.g. install -d -o ggc_user -g GROUP -m 2750 /run/edgeml.",
  }),
});
