import { errorCatalogue } from '#packages/foundation';

/** What can go wrong in the local core's IPC server itself. What components are told are the modelled errors in `fault.ts`. */
export const ipcErrors = errorCatalogue({
  'ipc-server.secrets-file': {
    status: 500,
    todo: 'Correct the secrets file: names with texts, or a list `secrets` with `arn`, `name` and `versions`.',
  },
});
