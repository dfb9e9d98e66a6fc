import path from 'node:path';
import { build } from 'esbuild';
import type { BuildFailure, Plugin } from 'esbuild';
import { buildErrors } from './errors.ts';
import { PROJECT } from './project.ts';

/** What edgeml.Runtime carries: found on the device through NODE_PATH, never part of a bundle. */
export const EXTERNAL_PACKAGES = [
  'onnxruntime-node',
  'onnxruntime-common',
  'onnxruntime-web',
  'sharp',
  '@julusian/jpeg-turbo',
  'koffi',
  'aws-crt',
] as const;

/**
 * One entry point and everything it imports as a single CommonJS file for Node.js 20.
 * Dynamic imports become `require`, because only that looks into NODE_PATH.
 *
 * @throws EdgeError `build.bundle` with esbuild's messages
 */
export async function bundle(entryPoint: string): Promise<Bundle> {
  try {
    const result = await build({
      entryPoints: [entryPoint],
      bundle: true,
      write: false,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: 'none',
      external: [...EXTERNAL_PACKAGES, ...EXTERNAL_PACKAGES.map((name) => `${name}/*`)],
      supported: { 'dynamic-import': false },
      banner: { js: FILE_URL },
      define: {
        'import.meta.url': 'edgemlFileUrl',
        'import.meta.dirname': '__dirname',
        'import.meta.filename': '__filename',
      },
      plugins: [englishOnly, ownPackages],
      logLevel: 'silent',
      metafile: true,
      absWorkingDir: PROJECT,
    });
    return {
      code: Buffer.from(result.outputFiles[0]?.contents ?? []),
      packages: packagesIn(Object.keys(result.metafile.inputs)),
    };
  } catch (cause) {
    const reasons = (cause as Partial<BuildFailure>).errors?.map(describeMessage) ?? [String(cause)];
    throw buildErrors.error('build.bundle', `cannot bundle ${entryPoint}:\n${reasons.join('\n')}`, { cause });
  }
}

export interface Bundle {
  readonly code: Buffer;
  /** Folders of the npm packages inside, relative to the project, e.g. `node_modules/pino`. */
  readonly packages: readonly string[];
}

/** zod brings its messages in fifty languages, a third of every bundle; ours are English. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/** `#packages/…` also means ours in clients/typescript, whose own package.json would be asked otherwise. */
const ownPackages: Plugin = {
  name: 'own-packages',
  setup(build) {
    build.onResolve({ filter: /^#packages\/[^/]+$/ }, ({ path: specifier }) => ({
      path: path.join(PROJECT, specifier.slice(1), 'index.ts'),
      sideEffects: false,
    }));
  },
};

const FILE_URL = "const edgemlFileUrl = require('node:url').pathToFileURL(__filename).href;";

function describeMessage({ text, location }: BuildFailure['errors'][number]): string {
  return location ? `${location.file}:${location.line}:${location.column}: ${text}` : text;
}

function packagesIn(inputs: readonly string[]): readonly string[] {
  const folders = inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []);
  return [...new Set(folders)].sort();
}
