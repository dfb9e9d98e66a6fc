import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../../testing/clients/typescript-caller.ts';

const run = promisify(execFile);

const PROGRAM = `
import { client, GreengrassInferenceException, StreamingBody, ValueError } from 'edgeml-sdk';
import type { InvokeResponse } from 'edgeml-sdk';

export async function classify(image: Uint8Array): Promise<readonly number[]> {
  const { Body, ContentType }: InvokeResponse = await client('inference', { timeoutMs: 1000 }).invokeInferenceService({
    AlgoType: 'image-classification',
    ServiceName: 'PartsClassifier',
    ContentType: 'image/jpeg',
    Body: image,
  });
  const stream: StreamingBody = Body;
  if (ContentType !== 'application/json') throw new ValueError(ContentType);
  return JSON.parse(stream.text()) as number[];
}

export async function keep(input: Uint8Array): Promise<void> {
  await client('feedback').publish({ ConfigId: 'Parts', ModelInput: input, ModelPrediction: [0.5], Metadata: { line: 3 } });
}

export const codeOf = (thrown: unknown): string => (thrown instanceof GreengrassInferenceException ? thrown.code : '');
`;

const WRONG = `
import { client } from 'edgeml-sdk';
client('vision');
void client('inference').invokeInferenceService({ AlgoType: 'image-classification', Body: new Uint8Array() });
void client('feedback').publish({ ConfigId: 'Parts', ModelInput: new Uint8Array(), ModelPrediction: 0.5 });
`;

/** The TypeScript client as a program's own project sees it. */
describe('the packed TypeScript client', () => {
  let folder: string;
  let files: readonly string[];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-pack-'));
    const source = path.join(folder, 'source');
    await buildPackage(source);
    const packed = await run('npm', ['pack', '--json', '--offline', '--pack-destination', folder], { cwd: source });
    const [{ filename, files: listed }] = JSON.parse(packed.stdout) as [
      { filename: string; files: readonly { readonly path: string }[] },
    ];
    files = listed.map((file) => file.path).sort();
    const target = path.join(folder, 'app/node_modules/edgeml-sdk');
    await mkdir(target, { recursive: true });
    await run('tar', ['-xzf', path.join(folder, filename), '-C', target, '--strip-components=1']);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Problems of each text as a file of a project that has the package and no other types. */
  const problems = async (...texts: readonly string[]): Promise<readonly (readonly string[])[]> => {
    const files = texts.map((_, n) => path.join(folder, `app/program-${n}.ts`));
    await Promise.all(texts.map((text, n) => writeFile(files[n]!, text)));
    const program = ts.createProgram(files, {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts'],
      module: ts.ModuleKind.Node16,
      moduleResolution: ts.ModuleResolutionKind.Node16,
      types: [],
    });
    const of = (file: ts.SourceFile) =>
      [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
        ({ code, messageText }) => `${code} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      );
    const sources = program.getSourceFiles();
    const declarations = sources.filter(({ fileName }) => fileName.includes('/edgeml-sdk/'));
    return [...files.map((file) => of(program.getSourceFile(file)!)), declarations.flatMap(of)];
  };

  it('row 65: has its code in one file and the declarations, and depends on nothing', async () => {
    expect(files.filter((file) => !file.endsWith('.d.ts'))).toEqual(['README.md', 'dist/index.js', 'package.json']);
    expect(files).toContain('dist/index.d.ts');
    const manifest = JSON.parse(await readFile(path.join(folder, 'source/package.json'), 'utf8')) as object;
    expect(manifest).not.toHaveProperty('dependencies');
  });

  it('row 65: its types are those that it says, and need no others', async () => {
    const [right, wrong, declarations] = await problems(PROGRAM, WRONG);
    expect(right).toEqual([]);
    expect(wrong?.map((problem) => problem.split(' ')[0])).toEqual(['2345', '2345', '2322']);
    expect(declarations).toEqual([]);
  });

  it.each([
    ['an ES module', 'mjs', "import { client, ValueError } from 'edgeml-sdk';"],
    ['a CommonJS module', 'cjs', "const { client, ValueError } = require('edgeml-sdk');"],
  ])('row 65: is used by %s', async (_what, extension, head) => {
    const file = path.join(folder, `app/program.${extension}`);
    await writeFile(
      file,
      `${head}\ntry { client('x'); } catch (e) { console.log(e instanceof ValueError, e.message); }`,
    );
    const { stdout } = await run(process.execPath, [file]);
    expect(stdout.trim()).toBe("true unknown client 'x': there are inference and feedback");
  });
});
