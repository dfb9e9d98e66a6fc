import path from 'node:path';

/** How a package is imported from outside: `#packages/<name>` is its `index.ts`. */
export const PACKAGE_IMPORT = '#packages/';

/**
 * Path of the file that an import names, relative to the project. Undefined for packages of npm and of Node.
 * @param {string} source What the import says.
 * @param {string} file The importing file, relative to the project, with `/`.
 * @returns {string | undefined}
 */
export function importTarget(source, file) {
  if (source.startsWith(PACKAGE_IMPORT)) return `packages/${source.slice(PACKAGE_IMPORT.length)}/index.ts`;
  if (source.startsWith('.')) return path.posix.join(path.posix.dirname(file), source);
  return undefined;
}
