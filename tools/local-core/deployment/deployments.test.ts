import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '#packages/foundation';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { Deployments } from './deployments.ts';
import type { RunDeployment } from './deployments.ts';
import type { DeploymentJob } from './run-deployment.ts';

const WAIT = { timeout: PATIENCE_MS };

let folder: string;
let opened: Deployments[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-deployments-'));
  opened = [];
});

afterEach(async () => {
  for (const deployments of opened) await deployments.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(run: RunDeployment, rolledBack = false): Promise<Deployments> {
  const log = silentLogger;
  const history = await Deployments.read(folder, { log, rolledBack });
  const deployments = Deployments.open(history, { clock: new FakeClock(1000), log, run });
  opened.push(deployments);
  return deployments;
}

const succeed: RunDeployment = async () => ({ detailedStatus: 'SUCCESSFUL' });

/** Waits for the signal, or for `finish`. */
function gate(): { run: RunDeployment; jobs: DeploymentJob[]; finish: () => void } {
  const jobs: DeploymentJob[] = [];
  let finish = (): void => undefined;
  return {
    jobs,
    finish: () => finish(),
    run: (job) =>
      new Promise((resolve) => {
        jobs.push(job);
        finish = () => resolve({ detailedStatus: 'SUCCESSFUL' });
        job.signal.addEventListener('abort', () =>
          resolve({ detailedStatus: 'FAILED_NO_STATE_CHANGE', error: job.signal.reason }),
        );
      }),
  };
}

describe('Deployments', () => {
  it('does one after the other, in order', async () => {
    const order: string[] = [];
    const deployments = await open(async ({ request }) => {
      order.push(`start ${request.groupName}`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`end ${request.groupName}`);
      return { detailedStatus: 'SUCCESSFUL' };
    });
    const ids = ['1', '2', '3'].map((groupName) => deployments.create({ groupName }));

    for (const id of ids) await deployments.ended(id);

    expect(order).toEqual(['start 1', 'end 1', 'start 2', 'end 2', 'start 3', 'end 3']);
    expect(deployments.records().map(({ status, createdOn }) => [status, createdOn])).toEqual([
      ['SUCCEEDED', 1000],
      ['SUCCEEDED', 1000],
      ['SUCCEEDED', 1000],
    ]);
  });

  it('rejects what is not a deployment', async () => {
    const deployments = await open(succeed);

    const record = await deployments.ended(deployments.create({ failureHandlingPolicy: 'RETRY' } as never));

    expect(record).toMatchObject({ status: 'FAILED', detailedStatus: 'REJECTED' });
    expect(record?.error).toContain('/failureHandlingPolicy');
  });

  it('fails with the message of the error, and goes on with the next', async () => {
    const run = vi
      .fn<RunDeployment>()
      .mockResolvedValueOnce({ detailedStatus: 'FAILED_ROLLBACK_COMPLETE', error: new Error('a.A is BROKEN') });
    run.mockRejectedValueOnce(new Error('a fault')).mockImplementation(succeed);
    const deployments = await open(run);
    const ids = [1, 2, 3].map(() => deployments.create({}));

    const records = await Promise.all(ids.map((id) => deployments.ended(id)));

    expect(records).toMatchObject([
      { status: 'FAILED', detailedStatus: 'FAILED_ROLLBACK_COMPLETE', error: 'a.A is BROKEN' },
      { status: 'FAILED', detailedStatus: 'FAILED_UNABLE_TO_ROLLBACK', error: 'a fault' },
      { status: 'SUCCEEDED' },
    ]);
  });

  it('cancels what waits, and what runs until it changes components', async () => {
    const { run, jobs, finish } = gate();
    const deployments = await open(run);
    const [running, waiting, late] = [1, 2, 3].map(() => deployments.create({})) as [string, string, string];
    await vi.waitUntil(() => jobs.length === 1, WAIT);

    expect(deployments.cancel(waiting)).toBe(true);
    expect(deployments.cancel(running)).toBe(true);
    expect(await deployments.ended(running)).toMatchObject({ status: 'CANCELED' });
    expect(await deployments.ended(waiting)).toMatchObject({ status: 'CANCELED' });
    expect(deployments.cancel(running)).toBe(false);
    expect(deployments.cancel('unknown')).toBe(false);

    await vi.waitUntil(() => jobs.length === 2, WAIT);
    jobs[1]?.onActivation();
    expect(deployments.cancel(late)).toBe(false);
    finish();
    expect(await deployments.ended(late)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('remembers outcomes, and calls those that a dead core left FAILED', async () => {
    const first = await open(succeed);
    await first.ended(first.create({}));
    await first.close();
    const { run, jobs } = gate();
    const second = await open(run);
    second.create({});
    second.create({});
    await vi.waitUntil(() => jobs.length === 1, WAIT);
    const read = async () =>
      (await Deployments.read(folder, { log: silentLogger, rolledBack: true })).records.map(
        ({ status, detailedStatus, error }) => `${status} ${detailedStatus}${error ? `: ${error}` : ''}`,
      );
    const interrupted = 'the core ended before the deployment did';
    await expect
      .poll(read, WAIT)
      .toEqual([
        'SUCCEEDED SUCCESSFUL',
        `FAILED FAILED_ROLLBACK_COMPLETE: ${interrupted}`,
        `FAILED FAILED_NO_STATE_CHANGE: ${interrupted}`,
      ]);
  });

  it('stops waiting when the signal aborts', async () => {
    const { run } = gate();
    const deployments = await open(run);
    const stop = new AbortController();
    const waiting = deployments.ended(deployments.create({}), stop.signal);
    stop.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
  });
});
