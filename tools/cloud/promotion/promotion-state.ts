import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { readTextIfAny, writeAtomically } from '#packages/foundation';
import { awsCall, awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { cloudErrors } from '../errors.ts';
import type { GateReport } from './gate.ts';
import type { PromotionPlan } from './promotion-plan.ts';
import { planDigest } from './promotion-plan.ts';

/** How far a promotion has come. Saved after every step, so that any run can go on where another stopped. */
export interface PromotionState {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly planDigest: string;
  readonly status: 'running' | 'awaiting-approval' | 'approved' | 'done' | 'failed' | 'aborted';
  readonly stages: readonly StageState[];
  readonly approvedBy?: string;
  /** ISO 8601. */
  readonly approvedAt?: string;
}

export interface StageState {
  readonly group: string;
  readonly status: 'waiting' | 'deploying' | 'passed' | 'failed' | 'rolled-back';
  /** What the group had before; absent where it had nothing. */
  readonly previousDeploymentId?: string;
  readonly deploymentId?: string;
  /** Milliseconds since the epoch: older heartbeats say nothing about this deployment. */
  readonly deployedAt?: number;
  readonly report?: GateReport;
}

export interface StateStore {
  readonly place: string;
  load(): Promise<PromotionState | undefined>;
  save(state: PromotionState): Promise<void>;
}

export function newState(plan: PromotionPlan): PromotionState {
  const stages = [plan.canary, ...plan.waves].map(({ group }) => ({ group, status: 'waiting' as const }));
  return { schemaVersion: 1, name: plan.name, planDigest: planDigest(plan), status: 'running', stages };
}

/** @throws EdgeError `promote.state` */
function checkState(text: string, place: string, plan: PromotionPlan): PromotionState {
  let state: PromotionState;
  try {
    state = JSON.parse(text) as PromotionState;
  } catch (cause) {
    throw cloudErrors.error('promote.state', `${place} does not hold the state of a promotion`, { cause });
  }
  if (state.schemaVersion === 1 && state.planDigest === planDigest(plan)) return state;
  throw cloudErrors.error('promote.state', `${place} holds the state of another plan (${state.name})`);
}

/** A file, or an object as `s3://bucket/key`. */
export function stateStore(clients: CloudClients, place: string, plan: PromotionPlan, signal: AbortSignal): StateStore {
  const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(place);
  return match ? bucketStore(clients, match[1] ?? '', match[2] ?? '', plan, signal) : fileStore(place, plan);
}

function fileStore(file: string, plan: PromotionPlan): StateStore {
  return {
    place: file,
    load: async () => {
      const text = await readTextIfAny(file);
      return text === undefined ? undefined : checkState(text, file, plan);
    },
    save: async (state) => {
      await mkdir(path.dirname(path.resolve(file)), { recursive: true });
      await writeAtomically(file, stateText(state));
    },
  };
}

function bucketStore(
  { s3 }: CloudClients,
  Bucket: string,
  Key: string,
  plan: PromotionPlan,
  signal: AbortSignal,
): StateStore {
  const place = `s3://${Bucket}/${Key}`;
  const options = { abortSignal: signal };
  return {
    place,
    load: async () => {
      const found = await awsFind(`GetObject ${place}`, s3.send(new GetObjectCommand({ Bucket, Key }), options));
      return found?.Body && checkState(await found.Body.transformToString(), place, plan);
    },
    save: async (state) => {
      const command = new PutObjectCommand({ Bucket, Key, Body: stateText(state), ContentType: 'application/json' });
      await awsCall(`PutObject ${place}`, s3.send(command, options));
    },
  };
}

function stateText(state: PromotionState): string {
  return `${JSON.stringify(state, undefined, 2)}\n`;
}
