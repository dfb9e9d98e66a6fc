import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { hashFile, messageOf } from '#packages/foundation';
import { PROJECT } from '../../bundle/project.ts';
import { awsCall } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { cloudErrors } from '../errors.ts';
import { buildLambda } from '../pipeline/build-lambda.ts';
import { SOURCE_KEY } from './account-stacks.ts';

const run = promisify(execFile);

export interface PipelineCode {
  readonly lambda: { readonly file: string; readonly key: string };
  /** Zip of the project, which builds unpack. */
  readonly source: string;
}

/**
 * The function, and the project as its last commit has it.
 * @param source a zip of the project; default: git makes it
 * @throws EdgeError `account.no-source`
 */
export async function pipelineCode(folder: string, source?: string): Promise<PipelineCode> {
  const { file } = await buildLambda(folder, 'pipeline');
  const key = `code/pipeline-lambda-${(await hashFile(file)).slice(0, 16)}.zip`;
  return { lambda: { file, key }, source: source ?? (await archived(path.join(folder, 'source.zip'))) };
}

export async function uploadCode(
  { s3 }: Pick<CloudClients, 's3'>,
  Bucket: string,
  { lambda, source }: PipelineCode,
  abortSignal: AbortSignal,
): Promise<void> {
  for (const [file, Key] of [
    [lambda.file, lambda.key],
    [source, SOURCE_KEY],
  ] as const) {
    const { size: ContentLength } = await stat(file);
    const command = new PutObjectCommand({ Bucket, Key, Body: createReadStream(file), ContentLength });
    await awsCall(`PutObject s3://${Bucket}/${Key}`, s3.send(command, { abortSignal }));
  }
}

async function archived(file: string): Promise<string> {
  await run('git', ['archive', '--format', 'zip', '--output', file, 'HEAD'], { cwd: PROJECT }).catch(
    (cause: unknown) => {
      throw cloudErrors.error('account.no-source', `git cannot archive ${PROJECT}: ${messageOf(cause)}`, { cause });
    },
  );
  return file;
}
