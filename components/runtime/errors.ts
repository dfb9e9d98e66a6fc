import { errorCatalogue } from '#packages/foundation';

export const runtimeErrors = errorCatalogue({
  'runtime.incomplete': {
    status: 500,
    todo: 'Deploy edgeml.Runtime again; if it stays so, build the runtime zip anew: it was cut or changed.',
  },
  'runtime.library-refused': {
    status: 500,
    todo: 'The runtime needs Linux with glibc 2.28 or newer and libstdc++ (or Windows 10, macOS 13): update the system, or build a runtime for its platform.',
  },
});
