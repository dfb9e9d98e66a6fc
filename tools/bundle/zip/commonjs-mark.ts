import type { ZipEntry } from './zip-entry.ts';

/**
 * Says that the bundles beside it are CommonJS. Without it Node.js takes the word of the nearest package.json above,
 * and a core may have its root below a project of ES modules, as ours does.
 */
export const COMMONJS_MARK: ZipEntry = { path: 'package.json', content: Buffer.from('{"type":"commonjs"}\n') };
