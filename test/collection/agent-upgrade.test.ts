import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isEdgeError } from '#packages/foundation';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { agentVersion } from '../../testing/device/agent-version.ts';
import { AGENT, APP } from '../../testing/device/collection.ts';
import { Device } from '../../testing/device/device.ts';
import { sample } from '../../testing/device/samples.ts';

const SERVICES = ['PartsDetector', 'PartsClassifier'];
const IMAGES = 30;
/** Pause of a caller between a 503, or no answer at all, and its next attempt. */
const RETRY_MS = 50;

let device: Device;
let image: Buffer;

beforeAll(async () => {
  // No list of services: each image is for both models.
  device = await Device.start({ app: { Sources: { inbox: { Services: [] } } } });
  image = await readFile(sample('belt-01.jpg'));
});

afterAll(() => device.stop());

/** Asks one service again and again; returns the longest time without an answer, and whatever error was not to be waited for. */
async function keepAsking(service: string, isOver: () => boolean) {
  const errors = new Set<string>();
  let longestMs = 0;
  let answeredAt = performance.now();
  while (!isOver()) {
    try {
      await device.agent.invoke(service, image, { contentType: 'image/jpeg' });
      longestMs = Math.max(longestMs, performance.now() - answeredAt);
      answeredAt = performance.now();
    } catch (thrown) {
      if (!isEdgeError(thrown) || thrown.status !== 503) errors.add(String(thrown));
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  return { service, longestMs: Math.round(longestMs), errors: [...errors] };
}

describe('an upgrade of the agent under load', { timeout: 5 * PATIENCE_MS }, () => {
  it('loses no image of the application and no call that is repeated on 503', async () => {
    await device.drop(image, 'before.jpg');
    await device.results.of('before.jpg');
    const app = device.pid(APP);
    let isOver = false;
    const callers = Promise.all(SERVICES.map((service) => keepAsking(service, () => isOver)));
    const deployed = device.deploy(await agentVersion(device.folder('agent'), '1.0.1'));
    const names = Array.from({ length: IMAGES }, (_, n) => `during-${n}.jpg`);
    const isBack = vi.waitUntil(() => device.version(AGENT) === '1.0.1' && device.state(AGENT) === 'RUNNING', {
      timeout: PATIENCE_MS,
      interval: 20,
    });
    // From before its end until after its models are back.
    for (const name of names) {
      await device.drop(image, name);
      if (name === names[IMAGES / 2]) await isBack;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    expect(await deployed).toMatchObject({ status: 'SUCCEEDED' });
    isOver = true;
    const asked = await callers;
    console.info(
      `longest time without an answer: ${asked.map((one) => `${one.service} ${one.longestMs} ms`).join(', ')}`,
    );

    expect(asked.map(({ errors }) => errors)).toEqual([[], []]);
    const seen = () =>
      device.results.all
        .map(({ body }) => body)
        .filter((body) => String(body['image']).startsWith('during-'))
        .map((body) => `${String(body['image'])} ${String(body['service'])} ${body['error'] ? 'failed' : 'answered'}`)
        .sort();
    const wanted = names.flatMap((name) => SERVICES.map((service) => `${name} ${service} answered`)).sort();
    await expect.poll(seen, { timeout: PATIENCE_MS }).toEqual(wanted);
    expect(device.pid(APP)).toBe(app);
  });
});
