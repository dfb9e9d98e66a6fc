import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { readTextIfAny, writeAtomically } from '#packages/foundation';
import { awsCall, awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { cloudErrors } from '../errors.ts';
import type { GateReport } from './gate.ts';
import type { Preflight } from '../preflight/findings.ts';
import type { DeviceNumbers, SeenNumbers } from './observations.ts';
import type { PromotionPlan } from './promotion-plan.ts';
import { planDigest } from './promotion-plan.ts';

/** How far a promotion has come. Saved after every step, so that any run can continue where another stopped. */
export interface PromotionState {
  readonly schemaVersion: 1;
  readonly name: string;
  /** The run of a pipeline that it belongs to, if any. */
  readonly run?: string;
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
  /** The group's deployment before; absent if it did not have one. */
  readonly previousDeploymentId?: string;
  readonly deploymentId?: string;
  /** The same of an earlier run of this promotion, in case that its deployment is still there and nothing has to be sent. */
  readonly earlier?: { readonly deploymentId?: string; readonly previousDeploymentId?: string };
  /** Milliseconds since the epoch: older heartbeats say nothing about this deployment. */
  readonly deployedAt?: number;
  /** Numbers of the group's devices before the deployment, by thing. */
  readonly before?: Readonly<Record<string, DeviceNumbers>>;
  /** Which of the group's devices can take the version; those that cannot were held back. */
  readonly preflight?: Preflight;
  readonly report?: GateReport;
}

export interface StateStore {
  readonly place: string;
  load(): Promise<PromotionState | undefined>;
  save(state: PromotionState): Promise<void>;
  /** Numbers of the stage that is being watched, beside the state as `<name>.seen.json`; undefined if none can be read. */
  loadSeen(): Promise<SeenNumbers | undefined>;
  saveSeen(seen: SeenNumbers): Promise<void>;
}

export function newState(plan: PromotionPlan, run?: string, earlier?: PromotionState): PromotionState {
  const stages = [plan.canary, ...plan.waves].map(({ group }) => {
    const was = earlier?.stages.find((stage) => stage.group === group && stage.status !== 'rolled-back');
    const { deploymentId, previousDeploymentId } = was ?? {};
    const known = {
      ...(deploymentId === undefined ? {} : { deploymentId }),
      ...(previousDeploymentId === undefined ? {} : { previousDeploymentId }),
    };
    return { group, status: 'waiting' as const, ...(deploymentId === undefined ? {} : { earlier: known }) };
  });
  const of = run === undefined ? {} : { run };
  return { schemaVersion: 1, name: plan.name, ...of, planDigest: planDigest(plan), status: 'running', stages };
}

const ENDED: readonly PromotionState['status'][] = ['done', 'failed', 'aborted'];

export function hasEnded({ status }: PromotionState): boolean {
  return ENDED.includes(status);
}

/**
 * The state that a promotion continues from. A run of a pipeline begins again if another has ended, also with another plan; it does not take
 * over from one that is under way.
 *
 * @throws EdgeError `promote.state`, `promote.other-run`
 */
export function resumedState(
  found: PromotionState | undefined,
  plan: PromotionPlan,
  place: string,
  run: string | undefined,
): PromotionState {
  if (!found) return newState(plan, run);
  if (run !== undefined && found.run !== run) {
    if (hasEnded(found)) return newState(plan, run, found);
    const message = `${place} is in the hands of the run ${found.run ?? 'of a person'}, which has not ended`;
    throw cloudErrors.error('promote.other-run', message);
  }
  if (found.planDigest === planDigest(plan)) return found;
  throw cloudErrors.error('promote.state', `${place} holds the state of another plan (${found.name})`);
}

/** @throws EdgeError `promote.state` */
function checkState(text: string, place: string): PromotionState {
  let state: PromotionState;
  try {
    state = JSON.parse(text) as PromotionState;
  } catch (cause) {
    throw cloudErrors.error('promote.state', `${place} does not hold the state of a promotion`, { cause });
  }
  if (state.schemaVersion === 1) return state;
  throw cloudErrors.error('promote.state', `${place} holds a state that this version of edgeml cannot read`);
}

/** A file, or an object as `s3://bucket/key`. */
export function stateStore(clients: Pick<CloudClients, 's3'>, place: string, signal: AbortSignal): StateStore {
  const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(place);
  const open = (name: string): JsonPlace =>
    match ? objectPlace(clients, match[1] ?? '', name.slice(`s3://${match[1]}/`.length), signal) : filePlace(name);
  const state = open(place);
  const seen = open(`${place.replace(/\.json$/, '')}.seen.json`);
  return {
    place,
    load: async () => {
      const text = await state.read();
      return text === undefined ? undefined : checkState(text, place);
    },
    save: (value) => state.write(jsonText(value)),
    loadSeen: async () => readableNumbers(await seen.read()),
    saveSeen: (value) => seen.write(jsonText(value)),
  };
}

/** Numbers that cannot be read are waited for again: nothing else depends on them. */
function readableNumbers(text: string | undefined): SeenNumbers | undefined {
  try {
    const seen = JSON.parse(text ?? 'null') as SeenNumbers | null;
    return seen?.schemaVersion === 1 ? seen : undefined;
  } catch {
    return undefined;
  }
}

interface JsonPlace {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

function filePlace(file: string): JsonPlace {
  return {
    read: () => readTextIfAny(file),
    write: async (text) => {
      await mkdir(path.dirname(path.resolve(file)), { recursive: true });
      await writeAtomically(file, text);
    },
  };
}

function objectPlace({ s3 }: Pick<CloudClients, 's3'>, Bucket: string, Key: string, signal: AbortSignal): JsonPlace {
  const place = `s3://${Bucket}/${Key}`;
  const options = { abortSignal: signal };
  return {
    read: async () => {
      const found = await awsFind(`GetObject ${place}`, s3.send(new GetObjectCommand({ Bucket, Key }), options));
      return found?.Body?.transformToString();
    },
    write: async (Body) => {
      const command = new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/json' });
      await awsCall(`PutObject ${place}`, s3.send(command, options));
    },
  };
}

function jsonText(value: PromotionState | SeenNumbers): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
