import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../testing/process/free-port.ts';
import { providedRuntime } from '../../testing/device/built-collection.ts';
import { SAMPLES } from '../../testing/device/samples.ts';
import { Child } from '../../testing/process/child.ts';
import { PROJECT, projectPaths } from '../../tools/bundle/project.ts';
import { MemoryIo } from '../../tools/cli/frame/io.ts';
import { runProgram } from '../../tools/cli/program.ts';

let folder: string;
let root: string;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-mine-'));
  root = path.join(folder, 'core');
  port = await freePort();
  await providedRuntime(root);
  await mkdir(path.join(folder, 'photos'));
  await copyFile(path.join(SAMPLES, 'belt-01.jpg'), path.join(folder, 'photos/belt-01.jpg'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const here = (...parts: readonly string[]): string => path.join(folder, ...parts);

/** As a process of its own, in the folder of edgeml.yaml. */
async function edgeml(...words: readonly string[]): Promise<Child & { readonly code: unknown }> {
  const child = new Child(process.execPath, [path.join(PROJECT, 'tools/edgeml.mjs'), ...words], {
    environment: process.env,
    cwd: folder,
  });
  const code = await child.exit;
  return Object.assign(child, { code });
}

const start = (...words: readonly string[]) =>
  edgeml('start', '--once', '--root', root, '--mqtt-port', String(port), ...words);

describe('edgeml try, then npm start', () => {
  it('runs what edgeml.yaml says, on the port that it was told', async () => {
    const model = path.join(projectPaths.models, 'PartsDetector/model.onnx');
    const labels = path.join(projectPaths.models, 'PartsDetector/labels.txt');
    expect(await edgeml('try', model, '--name', 'Belt', '--labels', labels, '--source', 'photos')).toMatchObject({
      code: 0,
    });

    const first = await start();
    expect({ code: first.code, err: first.err }).toMatchObject({ code: 0 });
    expect(first.err).toContain(`Running ${here('edgeml.yaml')}`);
    expect(first.out).toMatch(/^Belt +belt-01\.jpg +bracket +0\.9\d/m);
    expect(first.out).not.toMatch(/PartsDetector/);
    expect(first.err).toContain(`MQTT broker       mqtt://127.0.0.1:${port}\n`);
  });

  it('keeps what the components have written, and says the same again', async () => {
    await writeFile(path.join(root, 'work/edgeml.InferenceApp/of-mine.txt'), 'mine');
    const unpacked = path.join(root, 'packages/artifacts-unarchived/edgeml.InferenceApp');
    const before = await stat(path.join(unpacked, (await readdir(unpacked))[0]!, 'edgeml-app/app.js'));
    const second = await start();
    expect({ code: second.code, err: second.err }).toMatchObject({ code: 0 });
    expect(second.out).toMatch(/^Belt +belt-01\.jpg +bracket/m);
    expect(second.err).toContain(`mqtt://127.0.0.1:${port}\n`);
    expect(await readFile(path.join(root, 'work/edgeml.InferenceApp/of-mine.txt'), 'utf8')).toBe('mine');
    const after = await stat(path.join(unpacked, (await readdir(unpacked))[0]!, 'edgeml-app/app.js'));
    expect(after.mtimeMs).toBe(before.mtimeMs);
    const history = JSON.parse(await readFile(path.join(root, 'config/deployments.json'), 'utf8')) as unknown[];
    expect(history).toHaveLength(2);
  });

  it('begins again with --fresh, from the same file', async () => {
    const text = await readFile(here('edgeml.yaml'), 'utf8');
    const fresh = await start('--fresh');
    expect({ code: fresh.code, err: fresh.err }).toMatchObject({ code: 0 });
    await expect(stat(path.join(root, 'work/edgeml.InferenceApp/of-mine.txt'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
    expect(JSON.parse(await readFile(path.join(root, 'config/deployments.json'), 'utf8'))).toHaveLength(1);
    expect(await readFile(here('edgeml.yaml'), 'utf8')).toBe(text);
  });

  it('refuses an edgeml.yaml that is wrong before anything starts', async () => {
    await writeFile(here('wrong.yaml'), 'models:\n  Belt: {source: belt.onnx}\nsuorces: {}\n');
    const io = new MemoryIo();
    expect(
      await runProgram(['start', '--file', here('wrong.yaml'), '--root', root], io, new AbortController().signal),
    ).toBe(1);
    expect(io.err).toMatch(/^Error: .*wrong\.yaml is not valid: \/suorces: is not known here; did you mean sources\?/);
  });
});
