import { errorCatalogue } from '#packages/foundation';

export const storeErrors = errorCatalogue({
  'packages.folder-unreadable': { status: 400, todo: 'Check the path and the permissions of the folder.' },
  'packages.artifact-missing': {
    status: 400,
    todo: 'Build the component, or point the deployment at the folder that holds artifacts/<name>/<version>/<file>.',
  },
  'packages.digest-mismatch': {
    status: 400,
    todo: 'Rebuild the component so that the recipe carries the digest of this file.',
  },
  'packages.archive-invalid': { status: 400, todo: 'Rebuild the archive; every entry must lie inside it.' },
  'packages.artifacts-inside-store': {
    status: 400,
    todo: "Choose an artifact folder that neither holds nor lies in the core's own packages folder.",
  },
});
