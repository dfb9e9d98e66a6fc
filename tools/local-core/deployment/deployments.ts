import { randomUUID } from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import { messageOf, Serial } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { JsonFile } from '../files/json-file.ts';
import type { DeploymentOutcome, LocalDeploymentRequest } from '../ports.ts';
import { coreErrors } from '../errors.ts';
import { checkRequest } from './request.ts';
import type { DeploymentResult } from './change-components.ts';
import type { DeploymentJob } from './run-deployment.ts';

export interface DeploymentRecord extends DeploymentOutcome {
  /** Epoch milliseconds. */
  readonly createdOn: number;
}

/** Does one deployment. */
export type RunDeployment = (job: DeploymentJob) => Promise<Pick<DeploymentResult, 'detailedStatus' | 'error'>>;

interface Entry {
  readonly request: unknown;
  readonly cancel: AbortController;
  record: DeploymentRecord;
  /** Components are being changed: too late to cancel. */
  changing: boolean;
  /** Its end is on disk and was told. */
  told: boolean;
}

const KEPT = 100;

/** Deployments in order of arrival, one at a time, their outcomes kept on disk. */
export class Deployments {
  readonly #file: JsonFile;
  readonly #entries = new Map<string, Entry>();
  readonly #run: RunDeployment;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listeners = new Set<(record: DeploymentRecord) => void>();
  readonly #turns = new Serial();
  #closed = false;

  private constructor({ file, records }: DeploymentHistory, options: DeploymentsOptions) {
    this.#file = new JsonFile(file, () => this.records());
    this.#run = options.run;
    this.#clock = options.clock;
    this.#log = options.log;
    for (const record of records)
      this.#entries.set(record.deploymentId, { ...FINISHED, cancel: new AbortController(), record });
  }

  /** Reads earlier outcomes. Deployments that a dead core left unfinished become FAILED. */
  static async read(
    folder: string,
    options: { readonly log: Logger; readonly rolledBack: boolean },
  ): Promise<DeploymentHistory> {
    const file = path.join(folder, 'deployments.json');
    const stored = recordsSchema.safeParse((await JsonFile.read(file)) ?? []);
    if (!stored.success) options.log.warn({ file }, 'deployment.history-unreadable');
    const old = (stored.data ?? []) as readonly DeploymentRecord[];
    return { file, records: old.map((record) => interrupted(record, options.rolledBack)) };
  }

  static open(history: DeploymentHistory, options: DeploymentsOptions): Deployments {
    const deployments = new Deployments(history, options);
    deployments.#file.schedule();
    return deployments;
  }

  /** Oldest first. */
  records(): readonly DeploymentRecord[] {
    return [...this.#entries.values()].map(({ record }) => record);
  }

  /** Queues a deployment; an invalid request becomes a rejected one. */
  create(request: LocalDeploymentRequest): string {
    const deploymentId = randomUUID();
    const record: DeploymentRecord = { deploymentId, status: 'QUEUED', createdOn: this.#clock.now() };
    const entry: Entry = { request, record, cancel: new AbortController(), changing: false, told: false };
    this.#entries.set(deploymentId, entry);
    const oldest = [...this.#entries.keys()].slice(0, Math.max(0, this.#entries.size - KEPT));
    for (const id of oldest) this.#entries.delete(id);
    this.#update(entry, {});
    void this.#turns.run(() => this.#process(entry));
    return deploymentId;
  }

  /** Resolves when the deployment has ended; rejects only where the signal aborts the waiting. */
  async ended(deploymentId: string, signal?: AbortSignal): Promise<DeploymentRecord | undefined> {
    const entry = this.#entries.get(deploymentId);
    if (!entry || entry.told) return entry?.record;
    return new Promise((resolve, reject) => {
      const stop = this.onChange((record) => {
        if (record.deploymentId !== deploymentId || !hasEnded(record)) return;
        done();
        resolve(record);
      });
      const onAbort = (): void => {
        done();
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const done = (): void => {
        stop();
        signal?.removeEventListener('abort', onAbort);
      };
      if (signal?.aborted) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** False if it has ended or its components are already being changed. */
  cancel(deploymentId: string): boolean {
    const entry = this.#entries.get(deploymentId);
    if (!entry || hasEnded(entry.record) || entry.changing) return false;
    entry.cancel.abort(coreErrors.error('deployment.canceled', 'the deployment was canceled'));
    return true;
  }

  onChange(listener: (record: DeploymentRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Cancels what waits; the one whose components are being changed is to end by itself soon. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const reason = coreErrors.error('deployment.interrupted', 'the core was stopped');
    for (const { cancel, changing } of this.#entries.values()) if (!changing) cancel.abort(reason);
    await this.#turns.idle();
    await this.#file.flush();
  }

  async #process(entry: Entry): Promise<void> {
    if (entry.cancel.signal.aborted || this.#closed) {
      return this.#end(entry, {
        status: 'CANCELED',
        error: messageOf(entry.cancel.signal.reason ?? 'the core was stopped'),
      });
    }
    this.#update(entry, { status: 'IN_PROGRESS' });
    const result = await this.#attempt(entry);
    const { signal } = entry.cancel;
    const failed = result.detailedStatus !== 'SUCCESSFUL';
    const canceled = failed && signal.aborted && !entry.changing;
    await this.#end(entry, {
      status: canceled ? 'CANCELED' : failed ? 'FAILED' : 'SUCCEEDED',
      detailedStatus: result.detailedStatus,
      ...(result.error === undefined ? {} : { error: messageOf(result.error) }),
    });
  }

  async #attempt(entry: Entry): Promise<Pick<DeploymentResult, 'detailedStatus' | 'error'>> {
    let request: LocalDeploymentRequest;
    try {
      request = checkRequest(entry.request);
    } catch (error) {
      return { detailedStatus: 'REJECTED', error };
    }
    const { deploymentId: id, createdOn } = entry.record;
    try {
      return await this.#run({
        id,
        request,
        createdOn,
        signal: entry.cancel.signal,
        onActivation: () => (entry.changing = true),
      });
    } catch (error) {
      return { detailedStatus: 'FAILED_UNABLE_TO_ROLLBACK', error };
    }
  }

  #update(entry: Entry, change: Partial<DeploymentRecord>): void {
    entry.record = { ...entry.record, ...change };
    this.#file.schedule();
    this.#tell(entry);
  }

  /** An end is told once it is on disk: a core that is killed right after it still knows it. */
  async #end(entry: Entry, change: Partial<DeploymentRecord>): Promise<void> {
    entry.record = { ...entry.record, ...change };
    this.#file.schedule();
    await this.#file.flush().catch((error: unknown) => {
      this.#log.error({ reason: messageOf(error) }, 'deployment.history-not-written');
    });
    entry.told = true;
    this.#tell(entry);
  }

  #tell({ record }: Entry): void {
    const { deploymentId, status, detailedStatus, error } = record;
    this.#log.info({ deploymentId, status, detailedStatus, ...(error ? { reason: error } : {}) }, 'deployment.status');
    for (const listener of [...this.#listeners]) listener(record);
  }
}

export interface DeploymentsOptions {
  readonly run: RunDeployment;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Outcomes of earlier runs of the core. */
export interface DeploymentHistory {
  readonly file: string;
  readonly records: readonly DeploymentRecord[];
}

const FINISHED = { request: undefined, changing: false, told: true } as const;

const recordsSchema = z.array(
  z.object({
    deploymentId: z.string(),
    status: z.enum(['QUEUED', 'IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'CANCELED']),
    detailedStatus: z.string().optional(),
    error: z.string().optional(),
    createdOn: z.number(),
  }),
);

function hasEnded({ status }: DeploymentRecord): boolean {
  return status !== 'QUEUED' && status !== 'IN_PROGRESS';
}

function interrupted(record: DeploymentRecord, rolledBack: boolean): DeploymentRecord {
  if (hasEnded(record)) return record;
  const changed = rolledBack && record.status === 'IN_PROGRESS';
  const detailedStatus = changed ? 'FAILED_ROLLBACK_COMPLETE' : 'FAILED_NO_STATE_CHANGE';
  return { ...record, status: 'FAILED', detailedStatus, error: 'the core ended before the deployment did' };
}
