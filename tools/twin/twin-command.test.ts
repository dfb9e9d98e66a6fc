import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtCollection } from '../../testing/device/built-collection.ts';
import { runCommand } from '../../testing/process/run-command.ts';
import { folderEntries } from '../bundle/zip/folder-entries.ts';
import { writeZip } from '../bundle/zip/write-zip.ts';
import { errorOf, runHere } from '../../testing/package/in-process.ts';
import { colorModel, LABELS, MANIFEST, trainingOutput } from '../../testing/package/training-output.ts';
import { npzOf } from '../../testing/vision/tensor-cases.ts';
import { SOUND_TENSORS, soundModel } from '../../testing/vision/tensor-models.ts';
import type { TrainingOutput } from '../../testing/package/training-output.ts';
import type { TwinReport } from './report/twin-report.ts';

/** Each run starts a core and real components; that takes most of the time here. */
const COMPONENT = 'edgeml.model.Colors';
const SOUND = { input: { type: 'float32', shape: [1, 4], data: Float32Array.of(1, 2, 3, 6) } } as const;

let training: TrainingOutput;
let build: string;
let device: { readonly privateFile: string; readonly publicFile: string };
const at = (...parts: readonly string[]): string => path.join(training.dir, ...parts);

beforeAll(async () => {
  training = await trainingOutput();
  build = at('build');
  await mkdir(at('t'));
  const onnx = await training.write({ 'colors.onnx': colorModel() });
  const labels = await training.write({ 'labels.txt': LABELS });
  const manifest = await training.write({ 'colors.json': MANIFEST });
  const images = [await training.image('red'), await training.image('green')];
  const words = ['package', '--source', onnx, '--name', 'Colors', '--labels', labels, '--manifest', manifest];
  const made = await runHere([...words, '--golden', ...images, '--output', build]);
  expect(made, made.stderr).toMatchObject({ code: 0 });
  await writeFile(at('sound.npz'), await npzOf(SOUND));
  const sound = await training.write({ 'sound.onnx': soundModel() });
  const settings = await training.write({ 'sound.json': JSON.stringify({ tensors: SOUND_TENSORS }) });
  const [key] = (await runHere(['keygen', '--out', at('keys'), '--for', 'encryption', '--json'])).json;
  device = key as never;
  const tensors = ['package', '--source', sound, '--name', 'Sound', '--manifest', settings];
  const packed = await runHere([
    ...tensors,
    '--golden',
    at('sound.npz'),
    '--output',
    build,
    '--encrypt',
    device.publicFile,
  ]);
  expect(packed, packed.stderr).toMatchObject({ code: 0 });
  await builtCollection();
});
afterAll(() => training.remove());

const wordsOf = (words: readonly string[]) => ['twin', '--json', '--report', at('report'), ...words];
const twin = (...words: readonly string[]) => runHere(wordsOf(words), { TMPDIR: at('t') });
const report = async (): Promise<TwinReport> =>
  JSON.parse(await readFile(at('report/report.json'), 'utf8')) as TwinReport;
const file = (name: string): Promise<string> => readFile(at('report', name), 'utf8');

describe('edgeml twin', () => {
  it('deploys what was packaged, encrypted or not, finds the golden results, measures, and reports', async () => {
    const words = wordsOf(['--build', build, '--requests', '8', '--max-p95', '60000', '--max-memory', '8000']);
    // Pictures are for the one model, arrays for the other.
    const inputs = ['--image', at('images'), at('sound.npz')];
    const keys = ['--decryption-key', device.privateFile];
    const result = await runCommand([...words, ...inputs, ...keys], { TMPDIR: at('t') });
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 0 });
    expect(result.json[0]).toMatchObject({ passed: true });

    const found = await report();
    expect(found.deployment).toMatchObject({ status: 'SUCCEEDED' });
    expect(found.deployment.components.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
      'edgeml.InferenceAgent RUNNING',
      'edgeml.Runtime RUNNING',
      `${COMPONENT} RUNNING`,
      'edgeml.model.Sound RUNNING',
    ]);
    const sound = found.models.find(({ alias }) => alias === 'Sound');
    expect(sound?.golden).toMatchObject([{ input: 'sound.npz', passed: true, predictions: [] }]);
    expect(sound?.latency).toMatchObject({ images: 1, requests: 8, failures: [] });
    const model = found.models.find(({ alias }) => alias === 'Colors');
    expect(model).toMatchObject({ alias: 'Colors', version: '1.0.0', provider: 'cpu' });
    expect(model?.golden).toMatchObject([
      { input: 'red.png', passed: true, predictions: [{ label: 'red' }, {}, {}] },
      { input: 'green.png', passed: true },
    ]);
    expect(model?.latency).toMatchObject({ requests: 8, failures: [] });
    expect(model?.latency?.samples).toHaveLength(8);
    expect(found.memory.find(({ component }) => component === 'edgeml.InferenceAgent')?.peakBytes).toBeGreaterThan(2e7);

    expect(await file('junit.xml')).toMatch(
      /^<\?xml .*\n<testsuites name="edgeml\.InferenceAgent [\d.]+, edgeml\.model\.Colors 1\.0\.0, edgeml\.model\.Sound 1\.0\.0" tests="15" failures="0"/,
    );
    const html = await file('report.html');
    expect(html).toContain('Fit for devices');
    expect(html).toContain('<svg');
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
    expect((await readdir(at('t'))).filter((name) => name.startsWith('edgeml-'))).toEqual([]);
  });

  it('takes a document of AWS and recipes as published, and fails what is over its bounds, with exit code 1', async () => {
    const published = at('published');
    await cp(build, published, { recursive: true });
    const recipe = path.join(published, `recipes/${COMPONENT}-1.0.0.yaml`);
    const text = await readFile(recipe, 'utf8');
    const uri = `s3://edgeml-components-eu/${COMPONENT}/1.0.0/`;
    await writeFile(recipe, text.replaceAll('s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/', uri));
    const document = {
      targetArn: 'arn:aws:iot:eu-west-1:111122223333:thinggroup/line-3',
      deploymentName: 'line 3',
      components: {
        [COMPONENT]: { componentVersion: '1.0.0' },
        'edgeml.InferenceAgent': {
          componentVersion: '1.0.0',
          configurationUpdate: { merge: JSON.stringify({ Workers: 1 }) },
        },
        'aws.greengrass.Nucleus': { componentVersion: '2.17.0' },
      },
      deploymentPolicies: { failureHandlingPolicy: 'ROLLBACK' },
    };
    await writeFile(at('line-3.json'), JSON.stringify(document));
    const bounds = ['--max-p95', '0.001', '--max-memory', '1'];
    const result = await twin('--build', published, '--deployment', at('line-3.json'), '--requests', '4', ...bounds);
    expect(result.code, result.stderr).toBe(1);
    const found = await report();
    expect(found).toMatchObject({ passed: false, name: 'line-3', deployment: { status: 'SUCCEEDED' } });
    expect(found.checks.filter(({ passed }) => !passed).map(({ suite, name }) => `${suite} ${name}`)).toEqual([
      'latency Colors p95',
      'memory all components',
    ]);
    expect(await file('junit.xml')).toContain('failures="2"');
    expect(await file('report.html')).toContain('Not fit for devices');
  });

  it('fails a model whose golden test fails on the device, and says what its component wrote', async () => {
    const bad = at('bad');
    await cp(build, bad, { recursive: true });
    const dir = path.join(bad, 'packages/Colors-1.0.0');
    await writeFile(path.join(dir, 'golden/red.json'), JSON.stringify([{ classId: 2, label: 'blue', score: 1 }]));
    await writeZip(path.join(bad, `artifacts/${COMPONENT}/1.0.0/Colors.zip`), await folderEntries(dir));
    const result = await twin('--build', bad, '--component', COMPONENT);
    expect(result.code, result.stderr).toBe(1);
    const { deployment, models } = await report();
    expect(deployment.status).toBe('FAILED');
    expect(models).toEqual([]);
    const component = deployment.components.find(({ name }) => name === COMPONENT);
    expect(component?.lastLines?.join('\n')).toMatch(/red\.png/);
    expect(await file('report.html')).toMatch(/red\.png/);
    expect(await file('junit.xml')).toMatch(/<failure message="FAILED/);
  });

  it('says what it cannot find, and ends with 2 on wrong usage', async () => {
    await mkdir(at('empty'));
    for (const [words, code] of [
      [['--build', at('empty')], 'twin.no-build'],
      [['--build', build, '--component', 'edgeml.model.None=1.0.0'], 'twin.no-component'],
      [['--build', build, '--image', at('empty')], 'twin.no-image'],
    ] as const)
      expect(errorOf(await runHere(['twin', '--json', ...words])).code).toBe(code);
    expect((await runHere(['twin', '--requests', 'many'])).code).toBe(2);
  });
});
