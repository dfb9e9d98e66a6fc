import path from 'node:path';
import project from '../../../package.json' with { type: 'json' };
import { codeEntries } from '../../bundle/code-entries.ts';
import { writeZip } from '../../bundle/zip/write-zip.ts';

/** Relative to components/, where bundles are looked for. */
const ENTRY = '../tools/cloud/pipeline/lambda.ts';

/** The Lambda function as a zip; the same sources give the same bytes. Returns its path and size. */
export async function buildPipelineLambda(folder: string): Promise<{ readonly file: string; readonly bytes: number }> {
  const name = 'pipeline-lambda.zip';
  const archive = { component: 'edgeml-pipeline', version: project.version, name, kind: 'application' } as const;
  const file = path.join(folder, name);
  return { file, bytes: await writeZip(file, await codeEntries(archive, { 'index.js': ENTRY })) };
}
