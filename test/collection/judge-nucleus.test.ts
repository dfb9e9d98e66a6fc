import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device } from '../../testing/device/device.ts';
import { errorOf, runHere } from '../../testing/package/in-process.ts';
import type { TwinReport } from '../../tools/twin/report/twin-report.ts';

describe('edgeml twin --nucleus', () => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.start();
  });
  afterAll(() => device.stop());

  const twin = (root: string, ...words: readonly string[]) =>
    runHere(['twin', '--json', '--nucleus', root, '--requests', '4', '--report', device.folder('report'), ...words]);
  const report = async (): Promise<TwinReport> =>
    JSON.parse(await readFile(path.join(device.folder('report'), 'report.json'), 'utf8')) as TwinReport;
  const running = async () => {
    const models = await device.agent.models();
    return [device.core.components(), models.map(({ alias, generation }) => [alias, generation])];
  };

  it('tests each model that the nucleus runs, and changes nothing', async () => {
    const before = await running();
    const result = await twin(device.root, '--max-p95', '60000', '--max-memory', '8000');
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 0 });

    const found = await report();
    expect(found.models.map(({ alias }) => alias).sort()).toEqual(['PartsClassifier', 'PartsDetector']);
    for (const { golden, latency } of found.models) {
      expect(golden.length).toBeGreaterThan(0);
      expect(golden.every(({ passed }) => passed)).toBe(true);
      expect(latency).toMatchObject({ requests: 4, failures: [] });
    }
    expect(found.memory.find(({ component }) => component === 'edgeml.InferenceAgent')?.peakBytes).toBeGreaterThan(2e7);
    expect(await running()).toEqual(before);
  });

  it('tests one model by its alias, and fails if it breaks a bound', async () => {
    const result = await twin(device.root, '--model', 'PartsDetector', '--max-p95', '0.001');
    expect(result.code, result.stderr).toBe(1);
    const { models, checks } = await report();
    expect(models.map(({ alias }) => alias)).toEqual(['PartsDetector']);
    expect(checks.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual(['PartsDetector p95']);
  });

  it('says that a model or the agent is missing', async () => {
    expect(errorOf(await twin(device.root, '--model', 'Unknown')).code).toBe('twin.no-model');
    await mkdir(device.folder('empty'));
    expect(errorOf(await twin(device.folder('empty'))).code).toBe('twin.no-agent');
  });
});
