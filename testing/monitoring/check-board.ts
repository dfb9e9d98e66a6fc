import path from 'node:path';
import ts from 'typescript';

const OPTIONS: ts.CompilerOptions = {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  types: [],
};

/** What Grafana's types refuse of a board: unknown keys, values of another type. Empty if it is fine. */
export function boardFaults(json: string): readonly string[] {
  const name = path.join(import.meta.dirname, 'board-to-check.ts');
  const text = `import type { Board } from './board.ts';\nexport const board: Board = ${json};\n`;
  const host = ts.createCompilerHost(OPTIONS);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.fileExists = (file) => file === name || fileExists(file);
  host.getSourceFile = (file, version, ...more) =>
    file === name ? ts.createSourceFile(file, text, version) : getSourceFile(file, version, ...more);
  const program = ts.createProgram([name], OPTIONS, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
