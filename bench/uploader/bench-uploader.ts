import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { createFeedbackClient } from '#packages/http';
import type { FeedbackClient } from '#packages/http';
import { recipeVariables } from '../../testing/process/recipe-variables.ts';
import { startComponent } from '../../testing/process/start-component.ts';
import { startS3Server } from '../../testing/object-store/s3-server.ts';
import { startTokenService } from '../../testing/object-store/token-service.ts';
import { startWireCounter } from './wire-counter.ts';
import type { WireCounter } from './wire-counter.ts';

export interface BenchUploader {
  readonly client: FeedbackClient;
  /** On the same disk as the spool. */
  readonly folder: string;
  /** Between the uploader and the store. */
  readonly wire: WireCounter;
  close(): Promise<void>;
}

const PROJECT = path.join(import.meta.dirname, '../..');

/** The bundled uploader in its own process with the recipe's environment, and an S3 server behind a counter of bytes. */
export async function startBenchUploader(configuration: object): Promise<BenchUploader> {
  const parent = path.join(PROJECT, '.edgeml/bench');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'feedback-'));
  const server = await startS3Server('samples');
  const wire = await startWireCounter(Number(new URL(server.url).port));
  const tokens = await startTokenService();
  const settings = {
    FeedbackConfigurationMap: { Parts: { 's3-bucket-name': 'samples', 'content-type': 'image/jpeg' } },
    S3Endpoint: wire.url,
    S3ForcePathStyle: true,
    MinFreeDiskMB: 0,
    ...configuration,
  };
  const uploader = await startComponent('feedback-uploader', {
    workFolder: folder,
    configuration: settings,
    bundleFolder: folder,
    environment: {
      AWS_REGION: 'us-east-1',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: tokens.url,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'bench',
      ...(await recipeVariables('edgeml.FeedbackUploader', 'linux')),
    },
  });
  await uploader.line(/"event":"feedback.ready"/);
  const client = createFeedbackClient({ socketPath: path.join(folder, 'feedback.sock'), maxConnections: 64 });
  return {
    client,
    folder,
    wire,
    async close() {
      client.close();
      await uploader.end();
      await wire.close();
      await server.close();
      await tokens.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
