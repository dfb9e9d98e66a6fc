import { entry, errorCatalog } from './errors/catalog.ts';

export interface ConfigurationProblem {
  /** JSON pointer of the setting, e.g. `/Services/0/Source/Path`. */
  readonly pointer: string;
  readonly message: string;
}

/** Errors that any component can end with. */
export const foundationErrors = errorCatalog({
  'config.invalid': entry<{ readonly component: string; readonly problems: readonly ConfigurationProblem[] }>({
    status: 400,
    todo: 'Correct the named settings in the deployment (configurationUpdate.merge); the component continues with its last good configuration, or stops at start.',
  }),
  'config.not-taken': entry<{ readonly component: string }>({
    status: 409,
    todo: 'Read the settings again: a deployment may have come in between. To remove a setting that only a deployment can remove, use RESET in one.',
  }),
  internal: {
    status: 500,
    todo: 'This is a fault of the component. Report it with the lines of the log around it.',
  },
});
