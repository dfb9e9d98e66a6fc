import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startAgentProcess } from '../../testing/agent/agent-process.ts';
import type { AgentProcess } from '../../testing/agent/agent-process.ts';
import { writePackage } from '../../testing/agent/package-folder.ts';
import { SAMPLE_PACKAGE } from '../../testing/agent/sample-package.ts';
import { meanColorModel } from '../../testing/vision/onnx-builder.ts';
import { MemoryIo } from './frame/io.ts';
import { runProgram } from './program.ts';

const SAMPLES = path.join(import.meta.dirname, '../../artifacts/samples');
const PICTURES = ['part-gear.jpg', 'part-bolt.jpg', 'part-gear.png'].map((name) => path.join(SAMPLES, name));

let root: string;
let tensors: string;
let agent: AgentProcess;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'edgeml-predict-'));
  agent = await startAgentProcess(path.join(root, 'work/edgeml.InferenceAgent'));
  tensors = await writePackage(
    path.join(root, 'Means'),
    { name: 'Means', task: 'tensor', output: { decoder: 'tensor' }, golden: [] },
    { 'model.onnx': meanColorModel(8) },
  );
  for (const packageDir of [SAMPLE_PACKAGE, tensors]) await agent.client.activate({ path: packageDir });
});
afterAll(async () => {
  agent.client.close();
  await agent.process.end();
  await rm(root, { recursive: true, force: true });
});

async function predict(...args: string[]) {
  const io = new MemoryIo();
  const code = await runProgram(['predict', ...args], io, new AbortController().signal);
  const lines = io.out.split('\n').filter((line) => line.startsWith('{'));
  return { code, io, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

/** Drops the durations, which differ from run to run. */
const withoutTimes = (line: Record<string, unknown>): object => ({ ...line, timings: undefined });

describe('edgeml predict --service', () => {
  it('prints for a service of a running agent what it prints for the package', async () => {
    const images = ['--json', '--image', ...PICTURES];
    const asked = await predict('--service', 'PartsClassifier', '--root', root, ...images);
    const alone = await predict(
      '--package',
      SAMPLE_PACKAGE,
      '--variant',
      String(asked.lines[0]?.['variant']),
      ...images,
    );
    expect(asked.code).toBe(0);
    expect(asked.lines).toHaveLength(PICTURES.length);
    expect(asked.lines.map(withoutTimes)).toEqual(alone.lines.map(withoutTimes));
    expect(asked.lines[0]?.['timings']).toHaveProperty('queueMs');
  });

  it('prints the numbers of a model that gives tensors', async () => {
    const images = ['--json', '--image', PICTURES[0] as string];
    const asked = await predict('--service', 'Means', '--root', root, ...images);
    const alone = await predict('--package', tensors, ...images);
    expect(JSON.stringify(asked.lines[0]?.['outputs'])).toContain('"type":"float32"');
    expect(asked.lines.map(withoutTimes)).toEqual(alone.lines.map(withoutTimes));
  });

  it('draws what the service found, and goes on after an image that it refuses', async () => {
    const out = path.join(root, 'drawn');
    const text = path.join(root, 'note.jpg');
    await writeFile(text, 'this is text');
    const args = ['--json', '--annotate', out, '--image', text, PICTURES[0] as string];
    const { code, lines } = await predict('--service', 'PartsClassifier', '--root', root, ...args);
    expect(code).toBe(1);
    expect(lines[0]).toMatchObject({ error: { code: 'image.unrecognised' } });
    expect((await readFile(path.join(out, 'part-gear.annotated.jpg'))).subarray(0, 2)).toEqual(Buffer.of(0xff, 0xd8));
  });

  it('says which services there are, and where it looked for the agent', async () => {
    const none = await predict('--service', 'Nothing', '--root', root, '--json', '--image', PICTURES[0] as string);
    expect(none.code).toBe(1);
    expect(none.lines[0]).toMatchObject({ error: { code: 'model.not-found' } });
    expect(JSON.stringify(none.lines[0])).toContain('PartsClassifier');
    const nobody = await predict('--service', 'x', '--root', '/nowhere', '--json', '--image', PICTURES[0] as string);
    expect(nobody.lines[0]).toMatchObject({ error: { code: 'agent.unreachable' } });
    expect(JSON.stringify(nobody.lines[0])).toContain('/nowhere/work/edgeml.InferenceAgent/agent.sock');
  });
});
