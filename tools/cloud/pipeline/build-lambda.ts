import path from 'node:path';
import project from '../../../package.json' with { type: 'json' };
import { codeEntries } from '../../bundle/code-entries.ts';
import { writeZip } from '../../bundle/zip/write-zip.ts';

/** Relative to components/, where bundles are looked for. */
const ENTRIES = {
  pipeline: '../tools/cloud/pipeline/lambda.ts',
  report: '../tools/cloud/report/lambda.ts',
} as const;

interface BuiltLambda {
  readonly file: string;
  readonly bytes: number;
}

/** A Lambda function as a zip; the same sources give the same bytes. Returns its path and size. */
export async function buildLambda(folder: string, which: keyof typeof ENTRIES): Promise<BuiltLambda> {
  const name = `${which}-lambda.zip`;
  const archive = { component: `edgeml-${which}`, version: project.version, name, kind: 'application' } as const;
  const file = path.join(folder, name);
  return { file, bytes: await writeZip(file, await codeEntries(archive, { 'index.js': ENTRIES[which] })) };
}
