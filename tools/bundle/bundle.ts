import path from 'node:path';
import { build } from 'esbuild';
import type { BuildFailure, BuildOptions, Metafile, Plugin } from 'esbuild';
import { buildErrors } from './errors.ts';
import { PROJECT } from './project.ts';

/** The packages in edgeml.Runtime: found on the device through NODE_PATH, never part of a bundle. */
const EXTERNAL_PACKAGES = [
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
  return make(entryPoint, {
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    external: [...EXTERNAL_PACKAGES, ...EXTERNAL_PACKAGES.map((name) => `${name}/*`)],
    supported: { 'dynamic-import': false },
    banner: { js: FILE_URL },
    define: {
      'import.meta.url': 'edgemlFileUrl',
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
    },
  });
}

/**
 * A script or a style sheet of a page, with everything it imports, as one file for browsers of the last three years.
 *
 * @throws EdgeError `build.bundle` with esbuild's messages
 */
export async function bundleForBrowser(entryPoint: string): Promise<Bundle> {
  return make(entryPoint, {
    platform: 'browser',
    target: ['es2022', 'chrome120', 'firefox120', 'safari17.4'],
    format: 'esm',
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
  });
}

async function make(entryPoint: string, options: BuildOptions): Promise<Bundle> {
  try {
    const result = await build({
      ...options,
      entryPoints: [entryPoint],
      bundle: true,
      write: false,
      // Beside the code, for THIRD-PARTY-LICENSES; it needs a name for the output, and nothing is written there.
      legalComments: 'external',
      outfile: path.join(PROJECT, `bundle${path.extname(entryPoint) === '.css' ? '.css' : '.js'}`),
      plugins: [englishOnly, withoutUnused, ownPackages],
      logLevel: 'silent',
      metafile: true,
      absWorkingDir: PROJECT,
    });
    const isNotice = (file: { readonly path: string }) => file.path.endsWith('.LEGAL.txt');
    return {
      code: Buffer.from(result.outputFiles?.find((file) => !isNotice(file))?.contents ?? []),
      notices: result.outputFiles?.find(isNotice)?.text ?? '',
      imports: importsIn(result.metafile),
    };
  } catch (cause) {
    const reasons = (cause as Partial<BuildFailure>).errors?.map(describeMessage) ?? [String(cause)];
    throw buildErrors.error('build.bundle', `cannot bundle ${entryPoint}:\n${reasons.join('\n')}`, { cause });
  }
}

export interface Bundle {
  readonly code: Buffer;
  /** Copyright comments of the source files inside. */
  readonly notices: string;
  /**
   * The npm packages that something is left of, and which of them each imports: folders relative to the project, e.g.
   * `node_modules/pino`; '' is our own code.
   */
  readonly imports: ReadonlyMap<string, ReadonlySet<string>>;
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

/**
 * Packages that a library imports for what we never do, with what that is: 17 kB of each zip. Their uses fail with a
 * sentence that says so.
 */
const UNUSED_PACKAGES = {
  bowser: 'the AWS SDK parses user agents of browsers with it',
  '@opentelemetry/api': 'prom-client reads exemplars of traces with it',
} as const;

const withoutUnused: Plugin = {
  name: 'without-unused',
  setup(build) {
    const filter = new RegExp(`^(?:${Object.keys(UNUSED_PACKAGES).join('|')})$`);
    build.onResolve({ filter }, ({ path: name }) => ({ path: name, namespace: 'left-out' }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path: name }) => ({
      contents: `module.exports = new Proxy({}, { get() { throw new Error('${name} is not part of this bundle'); } });`,
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

/** esbuild looks at more files than it keeps: a package counts if something of it is left in the output. */
function importsIn({ inputs, outputs }: Metafile): ReadonlyMap<string, ReadonlySet<string>> {
  const left = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const files = left.flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : []));
  const found = new Map(files.map((file) => [packageOf(file), new Set<string>()]));
  for (const [file, { imports }] of Object.entries(inputs)) {
    const from = packageOf(file);
    const targets = imports.flatMap((one) => (one.external ? [] : [packageOf(one.path)]));
    for (const target of targets) if (target !== from && found.has(target)) found.get(from)?.add(target);
  }
  return found;
}

/** Folder of the npm package that a file belongs to; '' for our own. */
function packageOf(file: string): string {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? '';
}
