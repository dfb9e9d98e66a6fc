import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { filesBelow, hashFile } from '#packages/foundation';
import { parseBaseline } from '#packages/drift';
import { readPackage } from '#packages/model-package';
import { runCommand } from '../../testing/process/run-command.ts';
import type { CommandResult } from '../../testing/process/run-command.ts';
import { PROJECT, projectPaths } from '../bundle/project.ts';
import { readRecipe } from '../bundle/recipe-source.ts';
import { lintRecipeFile } from '../recipe/lint/lint-recipe.ts';
import { errorOf, runHere } from '../../testing/package/in-process.ts';
import { plain } from '../../testing/vision/images.ts';
import {
  colorModel,
  colorPackage,
  LABELS,
  MANIFEST,
  tarOf,
  trainingOutput,
  zipOf,
} from '../../testing/package/training-output.ts';
import type { TrainingOutput } from '../../testing/package/training-output.ts';

let training: TrainingOutput;
let onnx: string;
let labels: string;
let manifest: string;
let red: string;

beforeAll(async () => {
  training = await trainingOutput();
  onnx = await training.write({ 'colors.onnx': colorModel() });
  labels = await training.write({ 'labels.txt': LABELS });
  manifest = await training.write({ 'colors.json': MANIFEST });
  red = await training.image('red');
});
afterAll(() => training.remove());

const at = (...parts: readonly string[]): string => path.join(training.dir, ...parts);
const wordsOf = (source: string, output: string, words: readonly string[]): readonly string[] => [
  'package',
  '--source',
  source,
  '--output',
  at(output),
  '--json',
  ...words,
];
/** As a process of its own. */
const edgemlPackage = (source: string, output: string, ...words: readonly string[]): Promise<CommandResult> =>
  runCommand(wordsOf(source, output, words), {});
/** In this process: the same command line, without the time that a process takes to start. */
const packageHere = (source: string, output: string, ...words: readonly string[]): Promise<CommandResult> =>
  runHere(wordsOf(source, output, words));
const full = () => ['--name', 'Colors', '--labels', labels, '--manifest', manifest, '--golden', red];

async function hashes(folder: string): Promise<Readonly<Record<string, string>>> {
  const files = await filesBelow(folder);
  const pairs = files.map(async (file) => [file, await hashFile(path.join(folder, file))] as const);
  return Object.fromEntries(await Promise.all(pairs));
}

describe('edgeml package', () => {
  it('row 109: makes package, archive, recipe and artifact of an ONNX file, and says what it made', async () => {
    const result = await edgemlPackage(onnx, 'first', '--version', '1.2.0', ...full());
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect(result.json[0]).toMatchObject({
      state: 'packaged',
      status: 'COMPLETED',
      name: 'Colors',
      version: '1.2.0',
      component: 'edgeml.model.Colors',
      files: { archive: 'packages/Colors-1.2.0.tar.gz' },
      checks: [{ file: 'colors.onnx', state: 'passed', summary: '1 golden cases passed' }],
    });
    expect(Object.keys(await hashes(at('first')))).toEqual([
      'artifacts/edgeml.model.Colors/1.2.0/Colors.zip',
      'packages/Colors-1.2.0.json',
      'packages/Colors-1.2.0.tar.gz',
      'packages/Colors-1.2.0/colors.onnx',
      'packages/Colors-1.2.0/golden/red.json',
      'packages/Colors-1.2.0/golden/red.png',
      'packages/Colors-1.2.0/labels.txt',
      'packages/Colors-1.2.0/model.json',
      'packages/Colors-1.2.0/sagemaker_edge_manifest',
      'packages/golden-pictures/red.annotated.jpg',
      'recipes/edgeml.model.Colors-1.2.0.yaml',
    ]);
    const golden = await readFile(at('first/packages/Colors-1.2.0/golden/red.json'), 'utf8');
    expect((JSON.parse(golden) as unknown[])[0]).toEqual({ classId: 0, label: 'red', score: 1 });
  });

  it('takes along what was compiled for a chip, and says that it was not run', async () => {
    const source = await training.write({ 'compiled/model.onnx': colorModel(), 'compiled/model.hef': '\x01HEF' });
    const variants = [{ file: 'model.onnx' }, { file: 'model.hef', backend: 'hailo', target: 'hailo8' }];
    const own = await training.write({ 'compiled.json': JSON.stringify({ ...JSON.parse(MANIFEST), variants }) });
    const words = ['--name', 'Compiled', '--labels', labels, '--manifest', own, '--golden', red];
    const result = await packageHere(path.dirname(source), 'compiled-out', ...words);
    expect(result.stderr).not.toMatch(/error/i);
    expect(result.stdout).toMatch(/"file": ?"model\.hef",.*meant for hailo, compiled for hailo8 alone/);
    expect(await filesBelow(at('compiled-out'))).toEqual(
      expect.arrayContaining([expect.stringMatching(/model\.hef$/)]),
    );
  });

  it('makes a component that runs the same package as challenger, beside the one that serves', async () => {
    const made = await packageHere(onnx, 'first', '--version', '1.2.0', ...full(), '--challenger');
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const serving = JSON.parse(await readFile(at('first/packages/Colors-1.2.0.json'), 'utf8')) as object;
    expect(made.json[0]).toMatchObject({
      component: 'edgeml.challenger.Colors',
      role: 'challenger',
      state: 'packaged',
    });
    expect(serving).toMatchObject({ component: 'edgeml.model.Colors' });
    expect(made.json[0]).toHaveProperty('packageHash', (serving as { packageHash: string }).packageHash);
    const recipe = await readFile(at('first/recipes/edgeml.challenger.Colors-1.2.0.yaml'), 'utf8');
    expect(recipe.match(/(activate|retire Colors) "[^"]+" --role challenger/g)).toHaveLength(7);
    const again = await packageHere(onnx, 'first', '--version', '1.2.0', ...full(), '--challenger');
    expect(again.json[0]).toMatchObject({ state: 'unchanged' });
    for (const file of ['artifacts/edgeml.challenger.Colors', 'recipes/edgeml.challenger.Colors-1.2.0.yaml'])
      await rm(at('first', file), { recursive: true });
    await rm(at('first/packages/Colors-1.2.0.challenger.json'));
  });

  it('row 108: writes sagemaker_edge_manifest, and says in model.json where the model comes from', async () => {
    const inside = at('first/packages/Colors-1.2.0');
    expect(JSON.parse(await readFile(path.join(inside, 'sagemaker_edge_manifest'), 'utf8'))).toEqual({
      metadata: { model_name: 'Colors', model_version: '1.2.0' },
    });
    const model = JSON.parse(await readFile(path.join(inside, 'model.json'), 'utf8')) as object;
    const sha256 = createHash('sha256').update(colorModel()).digest('hex');
    expect(model).toMatchObject({
      input: { width: 8, height: 8, std: 255 },
      provenance: { source: { uri: 'colors.onnx', sha256 } },
    });
  });

  it('gives the same bytes for the same input, elsewhere and at another time', async () => {
    await mkdir(at('elsewhere'));
    const copy = at('elsewhere/colors.onnx');
    await cp(onnx, copy);
    await utimes(copy, 1, 1);
    const again = await packageHere(copy, 'second', '--version', '1.2.0', ...full());
    expect(again.json[0]).toMatchObject({ state: 'packaged' });
    expect(await hashes(at('second'))).toEqual(await hashes(at('first')));
  });

  it('row 27: does nothing while source and options are the same, and packages when one of them changes', async () => {
    const same = await packageHere(onnx, 'first', '--version', '1.2.0', ...full());
    expect(same.json[0]).toMatchObject({ state: 'unchanged', version: '1.2.0' });
    const plan = await packageHere(onnx, 'first', '--version', '1.3.0', '--dry-run', ...full());
    expect(plan.json[0]).toMatchObject({ dryRun: true, state: 'would-package', version: '1.3.0' });
    expect(Object.keys(await hashes(at('first')))).toHaveLength(11);
    const next = await packageHere(onnx, 'first', '--version', '1.3.0', ...full());
    expect(next.json[0]).toMatchObject({ state: 'packaged', version: '1.3.0' });
  });

  it('row 110: names the component after the model, and refuses another content under a version that is there', async () => {
    const other = await training.write({ 'other.onnx': colorModel(0.5) });
    const taken = await packageHere(other, 'first', '--version', '1.2.0', ...full());
    expect(taken.code).toBe(1);
    expect(errorOf(taken)).toMatchObject({
      code: 'packaging.version-taken',
      message: expect.stringMatching(
        /edgeml\.model\.Colors 1\.2\.0 .* it is [0-9a-f]{64} .* this is [0-9a-f]{64}/,
      ) as string,
    });
    const named = await packageHere(other, 'first', '--version', '1.2.1', '--component', 'acme.Colors', ...full());
    expect(named.json[0]).toMatchObject({
      component: 'acme.Colors',
      files: { recipe: 'recipes/acme.Colors-1.2.1.yaml' },
    });
  });

  it('writes the recipe that the sample models have, without a fault for either nucleus', async () => {
    const made = await packageHere(path.join(projectPaths.models, 'PartsClassifier'), 'sample');
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const file = at('sample/recipes/edgeml.model.PartsClassifier-1.0.0.yaml');
    expect(await lintRecipeFile(file)).toEqual([]);
    const recipe = parse(await readFile(file, 'utf8')) as object;
    const sample = parse((await readRecipe('edgeml.model.PartsClassifier')).text) as object;
    expect({ ...recipe, ComponentDescription: '' }).toEqual({ ...sample, ComponentDescription: '' });
  });

  it('says for each platform what a device downloads', async () => {
    const { json } = await packageHere(onnx, 'first', '--version', '1.2.0', ...full());
    const downloads = json[0]?.['downloads'] as { platform: string; updateBytes: number }[];
    const { bytes } = json[0]?.['artifact'] as { bytes: number };
    expect(downloads.map(({ platform }) => platform)).toEqual([
      'linux-x64',
      'linux-arm64',
      'linux-armv7l',
      'windows-x64',
      'darwin-arm64',
    ]);
    expect(new Set(downloads.map(({ updateBytes }) => updateBytes))).toEqual(new Set([bytes]));
  });

  it('takes over a signed package byte by byte, and signs if it is told to', async () => {
    const { json } = await runHere(['keygen', '--out', at('keys'), '--key-id', 'factory', '--json']);
    const key = String(json[0]?.['privateFile']);
    const signed = await packageHere(onnx, 'signed', ...full(), '--key', key, '--key-id', 'factory');
    expect(signed.json[0]).toMatchObject({ signedBy: 'factory' });
    const again = await packageHere(at('signed/packages/Colors-1.0.0'), 'again');
    expect(again.json[0]).toMatchObject({ signedBy: 'factory' });
    const { artifact } = again.json[0] as { artifact: unknown };
    expect(artifact).toEqual(signed.json[0]?.['artifact']);
    const archive = at('again/packages/Colors-1.0.0.tar.gz');
    const verified = await runHere(['verify', '--package', archive, '--key', at('keys/factory.pub'), '--json']);
    expect(verified.json[0]).toMatchObject({ state: 'trusted', keyId: 'factory' });
  });
});

describe('edgeml package with claims', () => {
  it('signs them, packages again when they change, and refuses them without a key', async () => {
    const { json } = await runHere(['keygen', '--out', at('claim-keys'), '--key-id', 'factory', '--json']);
    const key = ['--key', String(json[0]?.['privateFile']), '--key-id', 'factory'];
    const first = await packageHere(onnx, 'claims', ...full(), ...key, '--alias', 'Belt');
    expect(first.json[0]).toMatchObject({ state: 'packaged', claims: { aliases: ['Belt'] } });
    const other = await packageHere(onnx, 'claims', ...full(), ...key, '--alias', 'Gate', '--replace');
    expect(other.json[0]).toMatchObject({ state: 'packaged', claims: { aliases: ['Gate'] } });
    expect((await packageHere(onnx, 'claims', ...full(), '--alias', 'Gate')).code).toBe(2);
  });
});

describe('edgeml package of an archive', () => {
  it.each([
    ['.tar.gz', 'row 24', tarOf],
    ['.zip', 'row 25', zipOf],
  ] as const)('%s (%s, from disk) gives the package that the folder gives', async (ending, _row, make) => {
    const name = `colors${ending}`;
    await writeFile(at(name), await make(colorPackage()));
    const made = await packageHere(at(name), `of${ending}`, '--golden', red);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(made.json[0]).toMatchObject({ name: 'Colors', version: '1.0.0' });
  });

  it('leaves out what a training job put beside the model', async () => {
    const files = {
      'export/model.onnx': colorModel(),
      'export/labels.txt': LABELS,
      'code/train.py': 'pass',
      'model.pth': 'x',
    };
    await writeFile(at('output.tar.gz'), await tarOf(files));
    const made = await packageHere(at('output.tar.gz'), 'of-job', '--name', 'Colors', '--manifest', manifest);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const inside = await readdir(at('of-job/packages/Colors-1.0.0'));
    expect(inside.sort()).toEqual(['labels.txt', 'model.json', 'model.onnx', 'sagemaker_edge_manifest']);
  });

  it('row 33: refuses names that lead out of it, and links', async () => {
    const escape = pack();
    escape.entry({ name: '../outside.onnx' }, 'x');
    escape.finalize();
    await writeFile(at('escape.tar.gz'), gzipSync(await buffer(Readable.from(escape as AsyncIterable<Buffer>))));
    const link = pack();
    link.entry({ name: 'model.onnx', type: 'symlink', linkname: '/etc/passwd' });
    link.finalize();
    await writeFile(at('link.tar.gz'), gzipSync(await buffer(Readable.from(link as AsyncIterable<Buffer>))));
    for (const name of ['escape', 'link']) {
      const refused = await packageHere(at(`${name}.tar.gz`), 'refused');
      expect(refused.code).toBe(1);
      expect(errorOf(refused).code).toBe('archive.unsafe-entry');
    }
    await mkdir(at('linked'));
    await symlink('/etc/passwd', at('linked/labels.txt'));
    expect(errorOf(await packageHere(at('linked'), 'refused')).code).toBe('package.link');
    expect(await readdir(at('refused/packages'))).toEqual([]);
  });

  it('refuses what unpacks to more than allowed', async () => {
    await writeFile(at('bomb.tar.gz'), await tarOf({ 'model.onnx': Buffer.alloc(3_000_000) }));
    const refused = await packageHere(at('bomb.tar.gz'), 'refused', '--max-mb', '1');
    expect(errorOf(refused).code).toBe('archive.too-large');
  });
});

describe('edgeml package refuses', () => {
  it.each([
    [
      'a model that gives something else than its golden files',
      'packaging.golden-failed',
      { 'golden/a.json': '[{"classId":2,"label":"blue","score":1}]' },
    ],
    ['a file that is not ONNX', 'model.unreadable', { 'model.onnx': 'text' }],
  ] as const)('%s', async (_what, code, files) => {
    const golden = [{ input: 'golden/a.png', expect: 'golden/a.json' }];
    const dir = at(`broken-${code}`);
    for (const [name, content] of Object.entries({ ...colorPackage({ golden }), 'golden/a.json': '[]', ...files })) {
      await mkdir(path.dirname(path.join(dir, name)), { recursive: true });
      await writeFile(path.join(dir, name), content);
    }
    await cp(red, path.join(dir, 'golden/a.png'));
    const refused = await packageHere(dir, 'refused');
    expect(refused.code).toBe(1);
    expect(errorOf(refused).code).toBe(code);
  });

  it('a source without a model, and says what is in it', async () => {
    await mkdir(at('torch'));
    await writeFile(at('torch/model.pth'), 'x');
    expect(errorOf(await packageHere(at('torch'), 'refused'))).toMatchObject({
      code: 'packaging.no-model',
      message: expect.stringContaining('model.pth') as string,
    });
  });

  it('row 109: names and versions outside the old rules', async () => {
    const long = 'a'.repeat(64);
    for (const [words, code] of [
      [['--name', long], 'packaging.name'],
      [['--name', 'a_b'], 'packaging.name'],
      [['--version', '1.2'], 'packaging.version'],
      [['--version', `1.0.0-${'a'.repeat(30)}`], 'packaging.version'],
      [['--component', 'a/b'], 'packaging.component-name'],
    ] as const)
      expect(errorOf(await packageHere(onnx, 'refused', '--assume', ...words)).code, words.join(' ')).toBe(code);
  });

  it('a golden image on which nothing is found, and one that is not an image', async () => {
    const table = await training.write({ 'table.onnx': colorModel() });
    const notes = await training.write({ 'notes.txt': 'no image' });
    expect(errorOf(await packageHere(table, 'refused', '--assume', '--golden', notes)).code).toBe(
      'packaging.golden-input',
    );
    const threshold = await training.write({ 'high.json': JSON.stringify({ output: { scoreThreshold: 2 } }) });
    const nothing = await packageHere(table, 'refused', '--assume', '--manifest', threshold, '--golden', red);
    expect(errorOf(nothing).code).toBe('packaging.nothing-found');
  });

  it('a background row in labels whose model has taken it away, and shows what would be recorded', async () => {
    const shifted = await training.write({ 'shifted.txt': 'background\ngear\nwasher\nnut\nbolt\n' });
    const scene = path.join(PROJECT, 'artifacts/samples/belt-01.jpg');
    const detector = path.join(projectPaths.models, 'PartsDetector/model.onnx');
    const from = ['--manifest', await detectorManifest(), '--labels', shifted, '--golden', scene];
    const refused = await packageHere(detector, 'shifted', '--name', 'Shifted', '--version', '1.0.0', ...from);

    const picture = at('shifted/packages/golden-pictures/belt-01.annotated.jpg');
    expect(errorOf(refused)).toMatchObject({
      code: 'packaging.labels-shifted',
      message: expect.stringContaining(picture) as string,
    });
    expect((await readFile(picture)).subarray(0, 2).toString('hex')).toBe('ffd8');
    const seen = await packageHere(
      detector,
      'shifted',
      '--name',
      'Shifted',
      '--version',
      '1.0.0',
      ...from,
      '--golden-seen',
    );
    expect({ code: seen.code, err: seen.stderr }).toMatchObject({ code: 0 });
  });

  /** Input and output of the sample detector, without its labels and golden cases. */
  async function detectorManifest(): Promise<string> {
    const text = await readFile(path.join(projectPaths.models, 'PartsDetector/model.json'), 'utf8');
    const { input, output, task } = JSON.parse(text) as Record<string, unknown>;
    return training.write({ 'detector.json': JSON.stringify({ input, output, task }) });
  }

  it('wrong usage with exit code 2', async () => {
    expect((await runHere(['sign', '--pakage', 'x'])).stderr).toContain("unknown option '--pakage'");
    expect((await runHere(['sign'])).stderr).toContain("required option '--package <folder>' not specified");
    expect((await runHere(['package'])).code).toBe(2);
    expect((await packageHere(onnx, 'refused', '--read', 'nobody')).code).toBe(2);
  });
});

describe('pictures beside a model', () => {
  const gray = (): Promise<Buffer> => plain([80, 80, 80]).png().toBuffer();
  /** Takes red, which scores 1, and not gray, which scores 0.3. */
  const sure = JSON.stringify({ input: { mean: 0, std: 255 }, output: { activation: 'none', scoreThreshold: 0.6 } });

  it('become golden cases, and one in which the model finds nothing is left out and said', async () => {
    const pictures = { 'beside/red.png': await readFile(red), 'beside/gray.png': await gray() };
    await training.write({ 'beside/model.json': sure, 'beside/labels.txt': LABELS, ...pictures });
    const made = await packageHere(onnx, 'beside-out', '--name', 'Colors', '--beside', at('beside'));
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(made.json[0]?.['notes']).toContain('gray.png is not a golden case: the model finds nothing in it');
    const packaged = JSON.parse(await readFile(at('beside-out/packages/Colors-1.0.0/model.json'), 'utf8')) as object;
    expect(packaged).toMatchObject({ golden: [{ input: 'golden/red.png', expect: 'golden/red.json' }] });
    expect(await readdir(at('beside-out/packages/Colors-1.0.0/golden'))).toEqual(['red.json', 'red.png']);
  });

  it('are refused if the model finds nothing in any of them', async () => {
    const pictures = { 'gray-only/a.png': await gray(), 'gray-only/b.png': await gray() };
    await training.write({ 'gray-only/model.json': sure, 'gray-only/labels.txt': LABELS, ...pictures });
    const refused = await packageHere(onnx, 'refused', '--name', 'Colors', '--beside', at('gray-only'));
    expect(errorOf(refused)).toMatchObject({
      code: 'packaging.nothing-found',
      message: expect.stringContaining('b.png') as string,
    });
  });
});

describe('a baseline', () => {
  it('counts what the model sees and says, in a file that is hashed and signed with the rest', async () => {
    const pictures = path.join(training.dir, 'reference');
    await mkdir(pictures, { recursive: true });
    for (const name of ['a.png', 'b.png']) await cp(red, path.join(pictures, name));
    await writeFile(path.join(pictures, 'notes.txt'), 'no picture');
    const made = await packageHere(onnx, 'baseline', ...full(), '--baseline', pictures);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(made.json[0]?.['notes']).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/the baseline is weak \(of 2 pictures, under 100\)/),
        '1 files of the reference set are not pictures: notes.txt',
      ]),
    );
    const { dir, hashes: hashed, manifest: json } = await readPackage(at('baseline/packages/Colors-1.0.0'));
    expect(json.baseline).toBe('baseline.json');
    expect(Object.keys(hashed)).toContain('baseline.json');
    const { weak, sketch } = parseBaseline(await readFile(path.join(dir, 'baseline.json')), 'it');
    expect([weak, sketch.images, sketch.classes()[0]]).toEqual([true, 2, 2]);
    expect(sketch.feature('brightness').total).toBe(2);

    const again = await packageHere(onnx, 'baseline', ...full(), '--baseline', pictures);
    expect(again.json[0]).toMatchObject({ state: 'unchanged' });
    await cp(red, path.join(pictures, 'c.png'));
    const changed = await packageHere(onnx, 'baseline', ...full(), '--baseline', pictures, '--replace');
    expect(changed.json[0]).toMatchObject({ state: 'packaged' });
  });

  it('holds the mean vector of a model of the task embedding', async () => {
    const keys = await training.write({ 'embedding.json': KEYS });
    const words = ['--manifest', keys, '--version', '1.0.0', '--name', 'Hues', '--golden', red, '--baseline', 'golden'];
    const made = await packageHere(onnx, 'vectors', ...words);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const file = await readFile(at('vectors/packages/Hues-1.0.0/baseline.json'));
    const { embedding } = parseBaseline(file, 'it').sketch;
    expect(embedding).toMatchObject({ count: 1, dimensions: 3 });
    expect(embedding?.coherence).toBeCloseTo(1);
  });

  it('of the golden inputs is weak, and of no pictures is refused', async () => {
    const golden = await packageHere(onnx, 'golden-baseline', ...full(), '--baseline', 'golden');
    expect(golden.json[0]?.['notes']).toContainEqual(expect.stringMatching(/weak \(of golden inputs\)/));
    for (const [given, why] of [
      [at('nowhere'), 'there is no folder or list of pictures'],
      [labels, 'cannot read'],
    ] as const)
      expect(errorOf(await packageHere(onnx, 'refused', ...full(), '--baseline', given)).message).toContain(why);
  });
});

const KEYS = JSON.stringify({
  task: 'embedding',
  input: { mean: 0, std: 255 },
  output: { decoder: 'embedding', output: 'probs', scoreThreshold: 0.9 },
});

describe('a gallery', () => {
  it('holds the vectors of pictures under the names of their folders, and golden cases know them', async () => {
    const pictures = path.join(training.dir, 'known');
    await mkdir(path.join(pictures, 'rosso'), { recursive: true });
    await cp(red, path.join(pictures, 'rosso/1.png'));
    await cp(await training.image('green'), path.join(pictures, 'verde.png'));
    const keys = await training.write({ 'embedding.json': KEYS });
    const words = ['--manifest', keys, '--version', '1.0.0', '--name', 'Hues', '--golden', red, '--gallery', pictures];
    const made = await packageHere(onnx, 'gallery', ...words);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(made.json[0]?.['notes']).toContain('the gallery knows 2 names: rosso, verde');
    const { dir, manifest: json } = await readPackage(at('gallery/packages/Hues-1.0.0'));
    expect(json.output).toMatchObject({ gallery: 'gallery.json' });
    const expected = JSON.parse(await readFile(path.join(dir, json.golden[0]!.expect), 'utf8')) as object[];
    expect(expected).toMatchObject([{ classId: 1, label: 'rosso' }]);
    expect((await packageHere(onnx, 'gallery', ...words)).json[0]).toMatchObject({ state: 'unchanged' });
  });

  it('is refused for a model of another task, and of an empty folder', async () => {
    const empty = path.join(training.dir, 'empty');
    await mkdir(empty, { recursive: true });
    const keys = await training.write({ 'embedding.json': KEYS });
    const other = await packageHere(onnx, 'no-gallery', ...full(), '--gallery', path.dirname(red));
    expect(errorOf(other)).toMatchObject({ code: 'packaging.gallery' });
    const none = await packageHere(onnx, 'no-gallery', '--manifest', keys, '--version', '1.0.0', '--gallery', empty);
    expect(errorOf(none).message).toContain('there are no pictures in');
  });
});

describe('an int8 build', () => {
  it('joins the package when it passes the golden cases, and is left out with a note when it does not', async () => {
    const good = await training.write({ 'good.int8.onnx': colorModel(1.001) });
    const bad = await training.write({ 'bad.int8.onnx': colorModel(0.5) });
    const kept = await packageHere(onnx, 'int8-good', ...full(), '--int8', good);
    expect(kept, kept.stderr).toMatchObject({ code: 0 });
    expect(kept.json[0]?.['checks']).toMatchObject([{ precision: 'fp32' }, { precision: 'int8', state: 'passed' }]);
    const left = await packageHere(onnx, 'int8-bad', ...full(), '--int8', bad);
    expect(left.json[0]?.['checks']).toHaveLength(1);
    expect(String(left.json[0]?.['notes'])).toMatch(
      /bad\.int8\.onnx is left out, it fails the golden cases: .*red\.png/,
    );
    expect(await readdir(at('int8-bad/packages/Colors-1.0.0'))).not.toContain('model.int8.onnx');
  });
});

it('row 30: gives the files to everybody or to the owner alone, never for writing', async () => {
  const made = await packageHere(onnx, 'owner', ...full(), '--read', 'owner');
  expect(made, made.stderr).toMatchObject({ code: 0 });
  const recipe = parse(await readFile(at('owner/recipes/edgeml.model.Colors-1.0.0.yaml'), 'utf8')) as {
    Manifests: { Artifacts: { Permission: object }[] }[];
  };
  const permissions = recipe.Manifests.flatMap(({ Artifacts }) => Artifacts.map(({ Permission }) => Permission));
  expect(new Set(permissions.map((one) => JSON.stringify(one)))).toEqual(new Set(['{"Read":"OWNER"}']));
});

it('the archive holds plain files without owner and time', async () => {
  const entries = extract();
  entries.end(gunzipSync(await readFile(at('first/packages/Colors-1.2.0.tar.gz'))));
  let seen = 0;
  for await (const entry of entries) {
    expect(entry.header).toMatchObject({ type: 'file', uid: 0, gid: 0, mode: 0o644, mtime: new Date(0) });
    seen++;
    entry.resume();
  }
  expect(seen).toBe(6);
});
