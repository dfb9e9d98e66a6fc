import { errorCatalogue } from '#packages/foundation';

export const lifecycleErrors = errorCatalogue({
  'component.unknown': { status: 404, todo: 'List the components; names are case-sensitive.' },
  'component.broken': {
    status: 409,
    todo: 'Read the log of the component, correct it, and deploy it again: a BROKEN component starts only through a deployment.',
  },
  'component.state-not-reached': { status: 504, todo: 'Read the log of the component and of the core.' },
  'lifecycle.privilege-refused': {
    status: 400,
    todo: 'Remove RequiresPrivilege from the step, or try the component on a real nucleus: the local core runs every script as the user who started it.',
  },
  'guardian.failed': { status: 500, todo: 'Check that /bin/sh can be started on this machine.' },
});
