import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSigningKey, parsePrivateKey, signPackage } from '#packages/model-package';
import { startAgentProcess } from '../../testing/agent/agent-process.ts';
import { colorPackage, plainPicture } from '../../testing/agent/color-package.ts';
import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { meanColorModel } from '../../testing/vision/onnx-builder.ts';

/** The bundled agent under `SignaturePolicy: require`, and somebody who writes into its cache while it does not run. */

const key = generateSigningKey();
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let source: string;
let work: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  work = join(folder.path, 'work');
  // Without golden cases nothing but the cache itself stands between a planted model and the answers.
  source = await colorPackage(join(folder.path, 'Colors'), { golden: [] });
  await signPackage(source, parsePrivateKey(key.privateKey));
});
afterAll(() => folder.remove());

/** The score of red in a red picture, after a start of the agent: 1 as signed, 0.5 as planted. */
async function scoreAfterStart(before: (client: Awaited<ReturnType<typeof startAgentProcess>>) => Promise<unknown>) {
  const agent = await startAgentProcess(work, {
    SignaturePolicy: 'require',
    TrustedKeys: { [key.keyId]: key.publicKey },
    Workers: 1,
  });
  try {
    await before(agent);
    const picture = await plainPicture(255, 0, 0);
    return (await agent.client.invoke('Colors', picture, { contentType: 'image/png' })).predictions[0]?.score;
  } finally {
    agent.client.close();
    await agent.process.end();
  }
}

async function cached(): Promise<{ readonly record: string; readonly model: string }> {
  const found = await readdir(join(work, 'cache'), { recursive: true });
  const at = (end: string) => join(work, 'cache', found.find((name) => name.endsWith(end)) ?? '');
  return { record: at('record.json'), model: at('.onnx') };
}

const restored = () => Promise.resolve();

describe('an optimized model that somebody planted', () => {
  it('is not served after a restart', async () => {
    expect(await scoreAfterStart(({ client }) => client.activate({ path: source }))).toBe(1);
    const { record, model } = await cached();
    const genuine = await readFile(record, 'utf8');
    expect(await scoreAfterStart(restored)).toBe(1);
    // The agent reuses files that it made itself; otherwise the test would not show anything.
    expect(await readFile(record, 'utf8')).toBe(genuine);

    const planted = meanColorModel(8, { scale: 0.5 });
    await writeFile(model, planted);
    expect(await scoreAfterStart(restored)).toBe(1);
    expect((await cached()).model).not.toBe(model);
  });

  it('is not served with a description that fits it either', async () => {
    const { record, model } = await cached();
    const planted = meanColorModel(8, { scale: 0.5 });
    const { learned, ...rest } = JSON.parse(await readFile(record, 'utf8')) as { learned: { optimized: object } };
    const sha256 = createHash('sha256').update(planted).digest('hex');
    const optimized = { ...learned.optimized, bytes: planted.length, sha256 };
    await writeFile(model, planted);
    await writeFile(record, JSON.stringify({ ...rest, learned: { ...learned, optimized } }));
    expect(await scoreAfterStart(restored)).toBe(1);
  });
});
