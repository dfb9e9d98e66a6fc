import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFeedbackClient } from '#packages/http';
import type { FeedbackClient } from '#packages/http';
import { PATIENCE_MS } from '../patience.ts';
import { bundleFile } from '../bundles/bundle-file.ts';
import { BundleProcess } from '../bundles/bundle-process.ts';
import { recipeVariables } from './recipe-variables.ts';

export interface UploaderProcess {
  readonly process: BundleProcess;
  readonly client: FeedbackClient;
  readonly socketPath: string;
}

/** Starts the bundled uploader in a work folder, and waits until it takes samples. */
export async function startUploaderProcess(
  workFolder: string,
  configuration: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<UploaderProcess> {
  const process = await spawnUploader(workFolder, configuration, environment);
  await process.line(/"event":"feedback.ready"/);
  const socketPath = join(workFolder, 'feedback.sock');
  return {
    process,
    socketPath,
    client: createFeedbackClient({ socketPath, maxConnections: 64, timeoutMs: PATIENCE_MS }),
  };
}

export async function spawnUploader(
  workFolder: string,
  configuration: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<BundleProcess> {
  await mkdir(workFolder, { recursive: true });
  const file = join(workFolder, 'configuration.json');
  await writeFile(file, JSON.stringify(configuration));
  const bundle = await bundleFile('feedback-uploader', 'uploader.js', 'components/feedback-uploader/uploader.ts');
  await bundleFile('feedback-uploader', 'redactor.js', 'components/feedback-uploader/redactor.ts');
  const variables = await recipeVariables();
  return new BundleProcess(bundle, ['--configuration', file], workFolder, {
    AWS_REGION: 'us-east-1',
    ...variables,
    ...environment,
  });
}

/** The most memory that the process ever had, in MB of 1,000,000 bytes; undefined where the system does not tell. */
export async function peakMemoryMb(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kb = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  return kb === undefined ? undefined : (Number(kb) * 1_024) / 1_000_000;
}

/** Processes that a process has started and that run. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Value of one line of the Prometheus text; labels as they stand there. */
export function metric(text: string, name: string): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`edgeml_feedback_${name} `));
  return Number(line?.split(' ')[1] ?? NaN);
}

/** Sum over the labels of a metric. */
export function metricSum(text: string, name: string): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`edgeml_feedback_${name}{`))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
