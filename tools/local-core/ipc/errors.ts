import { errorCatalogue } from '#packages/foundation';

/** What can go wrong in the local core's IPC server itself. What components are told are the modelled errors in `fault.ts`. */
export const ipcErrors = errorCatalogue({
  'ipc-server.bad-frame': {
    status: 400,
    todo: 'The client does not speak event-stream RPC: use a Greengrass IPC client of an AWS IoT device SDK.',
  },
  'ipc-server.frame-too-large': {
    status: 413,
    todo: 'Keep messages small; hand large data over in a file or over a socket and publish its path.',
  },
  'ipc-server.secrets-file': {
    status: 500,
    todo: 'Correct the secrets file: names with texts, or a list `secrets` with `arn`, `name` and `versions`.',
  },
});
