import { entry, errorCatalog } from '#packages/foundation';

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

/** Errors of the clients of the collection's own sockets, and of servers on a socket or port. */
export const httpErrors = errorCatalog({
  'agent.bad-answer': badAnswer('edgeml.InferenceAgent'),
  'agent.connection-lost': connectionLost('The agent', 'edgeml.InferenceAgent', '. Repeat the request'),
  'agent.timeout': timeout('The agent', 'its load (GET /metrics) or raise the time-out'),
  'agent.unreachable': unreachable(
    'edgeml.InferenceAgent',
    ': agent.sock by the group of the nucleus, admin.sock only by the user of the agent unless AdminSocketMode says 660',
  ),
  'app.bad-answer': badAnswer('edgeml.InferenceApp'),
  'app.connection-lost': connectionLost('The application', 'edgeml.InferenceApp'),
  'app.timeout': timeout('The application', 'the load of the device'),
  'app.unreachable': unreachable('edgeml.InferenceApp'),
  'feedback.bad-answer': badAnswer('edgeml.FeedbackUploader'),
  'feedback.connection-lost': connectionLost(
    'The uploader',
    'edgeml.FeedbackUploader',
    '; it may or may not have kept the sample',
  ),
  'feedback.timeout': timeout('The uploader', 'the disk and the load of the device, or raise the time-out'),
  'feedback.unreachable': unreachable('edgeml.FeedbackUploader', ' (group of the nucleus, mode 0660)'),
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
  'socket.foreign': entry<{ readonly path: string; readonly owner: number; readonly user: number }>({
    todo: 'Programs that connect to the path would reach whoever owns it. Find out who made it and remove it as root (rm PATH), or name a path in a folder that only the component may write into; for the socket of Edge Manager, UnixSocketName.',
  }),
  'socket.in-use': entry<{ readonly path: string }>({
    todo: 'Another process listens on the socket: another process of this component, or another local core. End it, or use another root folder; for the socket of Edge Manager, another UnixSocketName.',
  }),
  'socket.not-a-socket': entry<{ readonly path: string }>({
    todo: 'Something else lies at the path of the socket. Move it away; for the socket of Edge Manager, another UnixSocketName will do too.',
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

function badAnswer(component: string) {
  return entry<{ readonly path?: string }>({
    status: 502,
    todo: `The answer is not what this version understands. Deploy the same version of ${component} and of this component.`,
  });
}

function connectionLost(peer: string, component: string, more = '') {
  return entry<ConnectionFacts>({
    status: 503,
    todo: `${peer} ended or restarted while answering${more}. Look into the log of ${component} if it happens again.`,
  });
}

function timeout(peer: string, lookAt: string) {
  return entry<TimeoutFacts>({ status: 504, todo: `${peer} did not answer in time. Look at ${lookAt}.` });
}

function unreachable(component: string, byWhom = '') {
  return entry<ConnectionFacts>({
    status: 503,
    todo: `Check that the component ${component} is deployed and RUNNING, and that its socket may be opened by this user${byWhom}.`,
  });
}
