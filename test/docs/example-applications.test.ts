import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { startEmbeddedBroker } from '../../tools/local-core/mqtt/embedded-broker.ts';
import type { EmbeddedBroker } from '../../tools/local-core/mqtt/embedded-broker.ts';
import { checkSettings } from '../../tools/project-file/check-settings.ts';
import { readProjectFile } from '../../tools/project-file/read-project-file.ts';

const EXAMPLES = path.join(PROJECT, 'examples');
const files = readdirSync(EXAMPLES)
  .map((name) => `${name}/edgeml.yaml`)
  .filter((file) => existsSync(path.join(EXAMPLES, file)));

describe('examples/', () => {
  it.each(files)('%s is an edgeml.yaml of settings and files that exist', async (file) => {
    const project = await readProjectFile(path.join(EXAMPLES, file));
    expect(checkSettings(project)).toEqual([]);
    for (const { source } of Object.values(project.models))
      expect(existsSync(path.resolve(path.dirname(project.path), source)), source).toBe(true);
  });
});

describe('the defect alarm', () => {
  let broker: EmbeddedBroker;
  let client: Awaited<ReturnType<typeof connectAsync>>;
  let stop: () => Promise<void>;
  const alarms: unknown[] = [];

  beforeAll(async () => {
    broker = await startEmbeddedBroker();
    const example = (await import(path.join(EXAMPLES, 'defect-alarm/alarm.mjs'))) as {
      watchForDefects(broker: string, rule: object): Promise<() => Promise<void>>;
    };
    stop = await example.watchForDefects(broker.url, { label: 'crack', inARow: 2 });
    client = await connectAsync(broker.url);
    client.on('message', (topic, payload) => alarms.push({ topic, ...(JSON.parse(payload.toString()) as object) }));
    await client.subscribeAsync('plant/alarms/#', { qos: 1 });
  });

  afterAll(async () => {
    await stop();
    await client.endAsync();
    await broker.close();
  });

  const result = (source: string, image: string, labels: readonly string[], more = {}): Promise<unknown> =>
    client.publishAsync(
      'edgeml/gate-7/results/Cracks',
      JSON.stringify({
        thing: 'gate-7',
        source,
        image,
        predictions: labels.map((label) => ({ label, score: 0.9 })),
        ...more,
      }),
      { qos: 1 },
    );

  it('goes on after two pictures of one source in a row, and off with the first that does not have it', async () => {
    await result('line', '1.jpg', ['crack']);
    await result('other', '1.jpg', ['crack']);
    await result('line', '2.jpg', [], { error: { code: 'model.timeout' } });
    await result('line', '3.jpg', ['gear', 'crack']);
    await result('line', '4.jpg', ['crack']);
    await result('line', '5.jpg', ['gear']);
    await vi.waitUntil(() => alarms.length === 2, { timeout: PATIENCE_MS });

    const facts = { topic: 'plant/alarms/gate-7/line', label: 'crack', thing: 'gate-7', source: 'line' };
    expect(alarms).toEqual([
      { ...facts, state: 'on', image: '3.jpg' },
      { ...facts, state: 'off', image: '5.jpg' },
    ]);
  });
});
