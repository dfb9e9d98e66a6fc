import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startFaultProxy } from '../object-store/fault-proxy.ts';
import type { FaultProxy } from '../object-store/fault-proxy.ts';
import { startS3Server } from '../object-store/s3-server.ts';
import { startTokenService } from '../object-store/token-service.ts';
import { startUploaderProcess } from '../uploader/uploader-process.ts';
import type { UploaderProcess } from '../uploader/uploader-process.ts';
import { startAgentProcess } from '../agent/agent-process.ts';
import type { AgentProcess } from '../agent/agent-process.ts';
import { projectPaths } from '../../tools/bundle/project.ts';

/** The agent with both sample models, and the uploader with an S3 server, each its own process. */
export interface Services {
  readonly folder: string;
  readonly agent: AgentProcess;
  readonly uploader: UploaderProcess;
  /** The objects that arrived in the bucket `samples`. */
  readonly stored: FaultProxy['stored'];
  close(): Promise<void>;
}

/** Services by the names that the old documentation used. */
export const CLASSIFICATION = 'imageClassification';
export const DETECTION = 'objectDetection';

/** A service whose inferences are feedback, and one whose ConfigId the uploader does not have. */
export const KEPT = 'kept';
export const MISDIRECTED = 'misdirected';

export async function startServices(): Promise<Services> {
  const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-sdk-'));
  const s3 = await startS3Server('samples');
  const proxy = await startFaultProxy(s3.url);
  const tokens = await startTokenService();
  const agent = await startAgentProcess(path.join(folder, 'edgeml.InferenceAgent'), {
    LocalInferenceServiceTimeoutSeconds: 300,
    Services: {
      [CLASSIFICATION]: { Model: 'PartsClassifier' },
      [DETECTION]: { Model: 'PartsDetector' },
      [KEPT]: { Model: 'PartsDetector', MLFeedbackConnectorConfigId: 'Kept' },
      [MISDIRECTED]: { Model: 'PartsClassifier', MLFeedbackConnectorConfigId: 'NoSuchConfig' },
    },
  });
  for (const name of ['PartsClassifier', 'PartsDetector'])
    await agent.client.activate({ path: path.join(projectPaths.models, name) });
  const uploader = await startUploaderProcess(
    path.join(folder, 'edgeml.FeedbackUploader'),
    { FeedbackConfigurationMap: FEEDBACK_MAP, S3Endpoint: proxy.url, S3ForcePathStyle: true, MinFreeDiskMB: 0 },
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: tokens.url, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'svcuid' },
  );
  return {
    folder,
    agent,
    uploader,
    stored: proxy.stored,
    async close() {
      agent.client.close();
      uploader.client.close();
      await Promise.all([agent.process.end(), uploader.process.end()]);
      await Promise.all([proxy.close(), s3.close(), tokens.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const FEEDBACK_MAP = {
  Parts: { 's3-bucket-name': 'samples', 's3-prefix': 'parts', 'content-type': 'image/jpeg', 'file-ext': 'jpg' },
  Kept: { 's3-bucket-name': 'samples', 's3-prefix': 'kept', 'content-type': 'image/jpeg' },
  Unsure: {
    's3-bucket-name': 'samples',
    's3-prefix': 'unsure',
    'content-type': 'image/jpeg',
    'sampling-strategy': { 'strategy-name': 'LEAST_CONFIDENCE', threshold: 0.6 },
    // The clients of all languages send the same picture.
    duplicates: { keep: true },
  },
};
