import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { bundle } from './bundle.ts';
import { PROJECT } from './project.ts';

const PACKAGE = path.join(PROJECT, 'clients/typescript');
const ENTRY = path.join(PACKAGE, 'src/index.ts');

/** Writes `dist` of the TypeScript client: everything in one CommonJS file, and the declarations of what is public. */
export async function buildSdk(dist: string): Promise<void> {
  const { code } = await bundle(ENTRY);
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  const files = [['index.js', code] as const, ...declarations(ENTRY)];
  await Promise.all(files.map(([name, content]) => writeFile(path.join(dist, name), content)));
}

/** Declarations of the files beside the entry; those of bundled files are left out. */
function declarations(entry: string): readonly (readonly [name: string, text: string])[] {
  const { config } = ts.readConfigFile(path.join(PROJECT, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: object;
  };
  const parsed = ts.parseJsonConfigFileContent({ ...config, files: [entry], include: [] }, ts.sys, path.dirname(entry));
  const { tsBuildInfoFile: _, ...options } = parsed.options;
  const program = ts.createProgram([entry], {
    ...options,
    declaration: true,
    emitDeclarationOnly: true,
    noEmit: false,
    incremental: false,
  });
  const made: [string, string][] = [];
  const { diagnostics } = program.emit(undefined, (_file, text, _mark, _error, sources) => {
    const source = sources?.[0]?.fileName;
    if (source === undefined || path.dirname(source) !== path.dirname(entry)) return;
    // Users of the package read declarations of JavaScript files.
    made.push([path.basename(source).replace(/\.ts$/, '.d.ts'), text.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'")]);
  });
  const [problem] = diagnostics;
  if (problem) throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
  return made;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildSdk(path.join(PACKAGE, 'dist'));
