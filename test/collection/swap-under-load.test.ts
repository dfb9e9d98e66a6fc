import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InvokeResult } from '#packages/http';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { AGENT, APP, DETECTOR } from '../../testing/device/collection.ts';
import { Device } from '../../testing/device/device.ts';
import { detectorVersion, editManifest } from '../../testing/device/model-version.ts';
import { sample, SAMPLES } from '../../testing/device/samples.ts';

const IN_FLIGHT = 500;
const VERSIONS = ['1.1.0', '1.2.0', '1.3.0'];
const jpeg = { contentType: 'image/jpeg', deadlineMs: PATIENCE_MS };

let device: Device;

beforeAll(async () => {
  device = await Device.start({
    agent: { QueueLength: 2 * IN_FLIGHT, MaxBufferedMB: 512 },
  });
});

afterAll(() => device.stop());

/** The model's predictions, the same for each version. */
function seen({ predictions, model }: InvokeResult): unknown {
  return predictions.map(({ label, ...rest }) => ({ ...rest, label: label.replace(`@${model.version}`, '') }));
}

describe('three deployments of a new model under 500 requests in flight', () => {
  it(
    'lose no request, mix up no answer, restart neither agent nor application',
    { timeout: 5 * PATIENCE_MS },
    async () => {
      const names = (await readdir(SAMPLES)).filter((name) => /^belt-.*\.jpg$/.test(name));
      const images = await Promise.all(names.map((name) => readFile(sample(name))));
      const [model] = (await device.agent.models()).filter(({ alias }) => alias === 'PartsDetector');
      const reference = await Promise.all(
        images.map(async (image) => seen(await device.agent.invoke('PartsDetector', image, jpeg))),
      );
      const pids = { agent: device.pid(AGENT), app: device.pid(APP) };
      // The same weights under other versions. Only the file that serves already: fp32 and int8 differ in the third digit.
      const requests = await Promise.all(
        VERSIONS.map((version) =>
          detectorVersion(device.folder(`v${version}`), version, (folder) =>
            editManifest(folder, ({ variants }) => ({
              variants: variants.filter(({ file }) => file === model?.variant),
            })),
          ),
        ),
      );

      let swapped = false;
      const answers: { readonly image: number; readonly result: InvokeResult }[] = [];
      const keepAsking = async (first: number): Promise<void> => {
        for (let image = first; ; image++) {
          const index = image % images.length;
          answers.push({ image: index, result: await device.agent.invoke('PartsDetector', images[index]!, jpeg) });
          if (swapped) return;
        }
      };
      const load = Promise.all(Array.from({ length: IN_FLIGHT }, (_, index) => keepAsking(index)));
      const outcomes = [];
      try {
        for (const request of requests) outcomes.push(await device.deploy(request));
      } finally {
        swapped = true;
      }
      await load; // rejects with the first request that was lost

      expect(outcomes.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
      const wrong = answers.filter(
        ({ image, result }) =>
          JSON.stringify(seen(result)) !== JSON.stringify(reference[image]) ||
          (result.model.version !== '1.0.0' &&
            !result.predictions.every(({ label }) => label.endsWith(`@${result.model.version}`))),
      );
      expect(wrong).toEqual([]);
      expect(answers.length).toBeGreaterThanOrEqual(IN_FLIGHT);
      expect([...new Set(answers.map(({ result }) => result.model.version))].sort()).toEqual(['1.0.0', ...VERSIONS]);

      const swaps = device.events.all.map(({ body }) => body).filter(({ event }) => event === 'model.swapped');
      expect(swaps.map(({ requestsLost }) => requestsLost)).toEqual([0, 0, 0]);
      // "No gap over one request": the time that one takes once it has left the queue.
      const longest = Math.max(...answers.map(({ result: { timings } }) => timings.totalMs - (timings.queueMs ?? 0)));
      for (const { swapGapMs } of swaps) expect(swapGapMs).toBeLessThan(longest);

      expect({ agent: device.pid(AGENT), app: device.pid(APP) }).toEqual(pids);
      expect(device.version(DETECTOR)).toBe('1.3.0');
    },
  );

  it('leave no old generation behind', async () => {
    const metrics = await device.agent.metrics();
    expect(metrics).toMatch(/edgeml_swap_requests_lost_total\{alias="PartsDetector"\} 0/);
    expect((await device.agent.models()).map(({ alias, version }) => `${alias} ${version}`).sort()).toEqual([
      'PartsClassifier 1.0.0',
      'PartsDetector 1.3.0',
    ]);
  });
});
