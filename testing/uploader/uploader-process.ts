import { join } from 'node:path';
import { createFeedbackClient } from '#packages/http';
import type { FeedbackClient } from '#packages/http';
import { PATIENCE_MS } from '../patience.ts';
import type { Child } from '../process/child.ts';
import { recipeVariables } from '../process/recipe-variables.ts';
import { startComponent } from '../process/start-component.ts';

export interface UploaderProcess {
  readonly process: Child;
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
): Promise<Child> {
  const variables = await recipeVariables('edgeml.FeedbackUploader', 'linux');
  return startComponent('feedback-uploader', {
    workFolder,
    configuration,
    environment: { AWS_REGION: 'us-east-1', ...variables, ...environment },
  });
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
