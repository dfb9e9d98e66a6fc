import { errorCatalogue } from '#packages/foundation';

/** Requests over local topics that cannot be run. */
export const ipcInvokeErrors = errorCatalogue({
  'invoke.bad-request': {
    status: 400,
    todo: 'Publish {id, replyTo, contentType?, and either path or body (base64)} as JSON on edgeml/invoke/<service>.',
  },
  'invoke.file-unreadable': {
    status: 400,
    todo: "Give the absolute path of a file that the agent's user can read, and write it completely before asking.",
  },
});
