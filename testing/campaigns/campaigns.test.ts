import { describe, expect, it } from 'vitest';
import { killAgent } from './kill-agent.ts';
import { killInstances } from './kill-instances.ts';
import { mutatedModels } from './mutated-models.ts';
import { providedRuntime } from '../device/built-collection.ts';
import { restartApplication } from './restart-application.ts';

/** Small versions of the campaigns: what they find must never be, however busy the machine is. Times are measured, not judged. */

const small = { seed: 7, signal: new AbortController().signal, onProgress: () => undefined };

describe.runIf(process.platform === 'linux')('campaigns against the bundled agent', () => {
  it('mutated and hostile models take nothing from the model beside them', async () => {
    const { faults, report } = await mutatedModels({ ...small, times: 8, hostile: 3, aloneSeconds: 1 });
    expect({ faults, report }).toMatchObject({ faults: [], report: { alive: true, mutated: 8, hostile: 3 } });
  });

  it.each([true, false])('killed instances lose no request (spare: %s)', async (spare) => {
    const { faults, report } = await killInstances({ ...small, times: 2, spare });
    expect({ faults, report }).toMatchObject({ faults: [], report: { kills: 2, wrong: 0, hanging: 0 } });
  });

  it('an application written for Edge Manager is back after restarts of its agent at any moment', async () => {
    const { faults, report } = await restartApplication({ ...small, times: 2, prepare: providedRuntime });
    expect({ faults, report }).toMatchObject({ faults: [], report: { restarts: 2, broken: [], wrong: 0 } });
  });

  it('a killed agent leaves no children, and restores its models', async () => {
    const { faults, report } = await killAgent({ ...small, times: 2 });
    expect({ faults, report }).toMatchObject({ faults: [], report: { restored: 2 } });
  });
});
