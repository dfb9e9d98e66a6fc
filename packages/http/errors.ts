import { errorCatalogue } from '#packages/foundation';

export const agentErrors = errorCatalogue({
  'agent.unreachable': {
    status: 503,
    todo: 'Check that the component edgeml.InferenceAgent is deployed and RUNNING, and that its socket may be opened by this user (group of the nucleus, mode 0660).',
  },
  'agent.connection-lost': {
    status: 503,
    todo: 'The agent ended or restarted while answering. Repeat the request; look into the log of edgeml.InferenceAgent when it happens again.',
  },
  'agent.timeout': {
    status: 504,
    todo: 'The agent did not answer in time. Look at its load (GET /metrics) or raise the time-out.',
  },
  'agent.bad-answer': {
    status: 502,
    todo: 'The answer is not what this version understands. Deploy the same version of edgeml.InferenceAgent and of this component.',
  },
});

export const feedbackClientErrors = errorCatalogue({
  'feedback.unreachable': {
    status: 503,
    todo: 'Check that the component edgeml.FeedbackUploader is deployed and RUNNING, and that its socket may be opened by this user (group of the nucleus, mode 0660).',
  },
  'feedback.connection-lost': {
    status: 503,
    todo: 'The uploader ended or restarted while answering: the sample may have been kept or not. Look into the log of edgeml.FeedbackUploader when it happens again.',
  },
  'feedback.timeout': {
    status: 504,
    todo: 'The uploader did not answer in time. Look at the disk and the load of the device, or raise the time-out.',
  },
  'feedback.bad-answer': {
    status: 502,
    todo: 'The answer is not what this version understands. Deploy the same version of edgeml.FeedbackUploader and of this component.',
  },
});

/** Unix sockets and named pipes that servers listen on and clients connect to. */
export const socketErrors = errorCatalogue({
  'socket.in-use': {
    status: 500,
    todo: 'Another process listens on the socket: another process of this component, or another local core. End it, or set another Socket or root folder.',
  },
  'socket.not-a-socket': {
    status: 500,
    todo: 'Something else lies at the path of the socket. Move it away, or set another Socket.',
  },
  'socket.path-too-long': {
    status: 500,
    todo: 'Put the Greengrass root folder higher up, or start the process in the folder of the socket, so that the relative path is short.',
  },
  'socket.failed': {
    status: 500,
    todo: 'Check that the folder of the socket exists and that this user may write to it, or choose another port.',
  },
});
