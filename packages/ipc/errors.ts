import { errorCatalogue } from '#packages/foundation';

export const ipcErrors = errorCatalogue({
  'ipc.refused': {
    status: 401,
    todo: 'The nucleus does not know this process. Components must be started by the nucleus itself; restart the component.',
  },
  'ipc.timeout': {
    status: 504,
    todo: 'The nucleus did not answer in time. Look at the load of the device and at the log of the nucleus.',
  },
  'ipc.stale': {
    status: 503,
    todo: 'Subscriptions stopped delivering and new connections did not help. The component ends, so that the nucleus starts it again.',
  },
  'ipc.unauthorized': {
    status: 403,
    todo: 'Merge the named statement into the accessControl of the component with a deployment. New defaults of a recipe do not replace values that a device already has: reset /accessControl.',
  },
  'ipc.message-too-large': {
    status: 413,
    todo: 'Send less: nucleus lite drops frames over 10,000 bytes without a word. Images belong on the HTTP socket.',
  },
  'ipc.not-an-object': {
    status: 400,
    todo: 'Local messages are JSON objects or bytes; put lists and single values into an object.',
  },
  'ipc.overloaded': {
    status: 503,
    todo: 'Too many calls wait for the connection to the nucleus. Publish less often, or drop messages while the state is not "connected".',
  },
  'ipc.nucleus-error': {
    status: 502,
    todo: 'The nucleus refused the operation for the named reason.',
  },
  'ipc.bad-frame': {
    status: 400,
    todo: 'The other side does not speak event-stream RPC: use a Greengrass IPC client of an AWS IoT device SDK, and the socket of a nucleus.',
  },
  'ipc.frame-too-large': {
    status: 413,
    todo: 'Keep messages small; hand large data over in a file or over a socket and publish its path.',
  },
  'ipc.closed': {
    status: 503,
    todo: 'The session was closed by the component itself; nothing to do at shutdown.',
  },
});
