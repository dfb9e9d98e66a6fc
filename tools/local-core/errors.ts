import { errorCatalogue } from '#packages/foundation';

export const coreErrors = errorCatalogue({
  'core.root-in-use': {
    status: 409,
    todo: 'Stop the other core, or start this one with another root folder.',
  },
  'core.stopped': { status: 409, todo: 'Start a new core.' },
  'core.unsupported-system': { status: 400, todo: 'Run the local core on Linux or macOS (on Windows inside WSL).' },
});
