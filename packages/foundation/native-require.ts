import { createRequire } from 'node:module';

/**
 * `require` for native packages: they are never bundled, and on a device they are found through NODE_PATH,
 * which `import()` does not look at. Bundles are CommonJS and have `__filename`; the sources are ES modules and have not.
 */
const nativeRequire = createRequire(typeof __filename === 'string' ? __filename : import.meta.url);

/** Loads a package on first use and remembers it. */
export function lazyPackage<Module>(name: string): () => Module {
  let loaded: Module | undefined;
  return () => (loaded ??= nativeRequire(name) as Module);
}

/** Path of a file of an installed package; undefined if the package is absent. */
export function resolvePackage(request: string): string | undefined {
  try {
    return nativeRequire.resolve(request);
  } catch {
    return undefined;
  }
}

/** Loads a module of the user's by its absolute path: CommonJS, and ES without top-level await where Node.js can (20.19, 22.12). */
export function requireFile(path: string): unknown {
  return nativeRequire(path);
}
