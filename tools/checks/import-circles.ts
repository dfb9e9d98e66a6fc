import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { importTarget } from './import-target.js';

/** Files that import each other, each importing the next; the last is the first. Relative to the project. */
export type Circle = readonly string[];

/**
 * Circles among the files of a project's tsconfig.json. Imports of types count: a reader has to know both files either way.
 * If circles share files, not all are listed, but no circle is left when none is listed.
 *
 * @throws Error when there is no tsconfig.json
 */
export function importCircles(project: string): readonly Circle[] {
  const graph = importGraph(project);
  const circles: Circle[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (file: string): void => {
    const at = trail.indexOf(file);
    if (at >= 0) return void circles.push([...trail.slice(at), file]);
    if (done.has(file)) return;
    trail.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    trail.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return circles;
}

/** The imports of each file within the project. */
function importGraph(project: string): ReadonlyMap<string, readonly string[]> {
  const files = filesOf(project);
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(path.join(project, file), 'utf8'), true, true);
      const targets = importedFiles.flatMap(({ fileName }) => importTarget(fileName, file) ?? []);
      return [file, targets.filter((target) => known.has(target))];
    }),
  );
}

function filesOf(project: string): readonly string[] {
  const file = path.join(project, 'tsconfig.json');
  const read: { config?: unknown; error?: ts.Diagnostic } = ts.readConfigFile(file, (name) => ts.sys.readFile(name));
  if (read.error) throw new Error(ts.flattenDiagnosticMessageText(read.error.messageText, ' '));
  return ts
    .parseJsonConfigFileContent(read.config, ts.sys, project)
    .fileNames.map((name) => path.relative(project, name).split(path.sep).join('/'))
    .sort();
}
