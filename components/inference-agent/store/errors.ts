import { errorCatalogue } from '#packages/foundation';

/** What can be wrong with the last known good packages. */
export const storeErrors = errorCatalogue({
  'store.corrupt': {
    status: 500,
    todo: 'The stored package was changed on disk and is not served. Deploy the model component again; check the disk when it happens again.',
  },
  'store.state-unreadable': {
    status: 500,
    todo: 'The record of what was active cannot be read. Deploy the model component again; check the disk when it happens again.',
  },
  'store.full': {
    status: 507,
    todo: 'Make room on the disk, or raise StoreMaxMB (or lower MinFreeDiskMB) of the agent; models given as archives cannot do without the store.',
  },
  'store.write-failed': { status: 507, todo: "Check space and permissions of the agent's work folder." },
});
