import { entry, errorCatalog } from '#packages/foundation';

export const runtimeErrors = errorCatalog({
  'runtime.incomplete': entry<{ readonly file: string } | { readonly name: string; readonly version: string }>({
    todo: 'Deploy edgeml.Runtime again; if that does not help, build the runtime zip again: it was cut short or changed.',
  }),
  'runtime.library-refused': entry<{ readonly name: string; readonly version: string }>({
    todo: 'The runtime needs Linux with glibc 2.28 or newer and libstdc++ (or Windows 10, macOS 13): update the system, or build a runtime for its platform.',
  }),
});
