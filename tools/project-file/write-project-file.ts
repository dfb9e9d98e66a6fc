import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Document, isMap, isScalar, parseDocument, visit } from 'yaml';
import { messageOf, readTextIfAny, writeAtomically } from '#packages/foundation';
import { schemaFrom } from '../bundle/schema-files.ts';
import { projectFileErrors } from './errors.ts';
import type { ProjectFile, ProjectModel, Settings } from './project-file.ts';
import { checkProjectFile } from './read-project-file.ts';

const EXPLANATION = [
  ' `npm start` runs this file. `npm run -s edgeml -- config print` shows the deployment that it stands for.',
  ' docs/first-model.md tells more; docs/sources.md and docs/configuration.md have every setting.',
];
/** A camera's password may stand in it. */
const FILE_MODE = 0o600;

export interface Additions {
  readonly models: Readonly<Record<string, ProjectModel>>;
  readonly sources: Readonly<Record<string, Settings>>;
}

/**
 * Writes models and sources into edgeml.yaml, over those of the same name; everything else in it stays, comments included.
 *
 * @throws EdgeError `project-file.unreadable`, `project-file.invalid`, before anything is written
 */
export async function writeProjectFile(file: string, { models, sources }: Additions): Promise<ProjectFile> {
  const document = await readDocument(file);
  for (const [name, model] of Object.entries(models)) document.setIn(['models', name], document.createNode(model));
  for (const [name, source] of Object.entries(sources)) document.setIn(['sources', name], document.createNode(source));
  putPlainListsOnOneLine(document);
  const project = checkProjectFile(document.toJS(), file);
  const before = await stat(file).catch(() => undefined);
  const mode = before ? before.mode & 0o777 : FILE_MODE;
  await writeAtomically(file, document.toString({ lineWidth: 120, flowCollectionPadding: false }), { mode });
  return project;
}

async function readDocument(file: string): Promise<Document> {
  const text = await readTextIfAny(file).catch((cause: unknown) => {
    throw projectFileErrors.error('project-file.unreadable', `${file} cannot be read: ${messageOf(cause)}`, {
      cause,
      facts: { file },
    });
  });
  if (text === undefined) return newDocument(file);
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault)
    throw projectFileErrors.error('project-file.unreadable', `${file} is not YAML: ${fault.message}`, {
      cause: fault,
      facts: { file },
    });
  return isMap(document.contents) ? document : newDocument(file);
}

function newDocument(file: string): Document {
  const document = new Document({ models: {}, sources: {} });
  const schema = schemaFrom(path.dirname(file), 'edgeml');
  document.commentBefore = [` yaml-language-server: $schema=${schema}`, ...EXPLANATION].join('\n');
  return document;
}

/** Anchors, means, names of services: one line says more than a column. */
function putPlainListsOnOneLine(document: Document): void {
  visit(document, {
    Seq: (_, list) => {
      if (list.items.every((item) => isScalar(item))) list.flow = true;
    },
  });
}
