import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { folderEntries } from '../../tools/bundle/zip/folder-entries.ts';
import { writeZip } from '../../tools/bundle/zip/write-zip.ts';
import { runHere } from '../../testing/package/in-process.ts';
import { colorModel, LABELS, MANIFEST, tarOf, trainingOutput } from '../../testing/package/training-output.ts';
import type { TrainingOutput } from '../../testing/package/training-output.ts';
import type { TwinReport } from '../../tools/twin/report/twin-report.ts';
import { builtCollection } from '../../testing/device/built-collection.ts';
import { startAwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';

/** Two of the steps start a core with components of its own. */
const COMPONENT = 'edgeml.model.Colors';
const BUCKET = 'components';

describe.sequential('from training output to the fleet and back', await needs(awsModels), () => {
  let aws: AwsStandIn;
  let training: TrainingOutput;
  let environment: Readonly<Record<string, string>>;
  const at = (...parts: readonly string[]): string => path.join(training.dir, ...parts);
  const command = (...words: readonly string[]) => runHere([...words, '--json'], environment);

  beforeAll(async () => {
    aws = await startAwsStandIn(BUCKET);
    training = await trainingOutput();
    await mkdir(at('t'));
    environment = { ...aws.environment, TMPDIR: at('t') };
    await builtCollection();
    aws.fleet.addThing('gateway-1', 'hall');
    aws.fleet.addThing('gateway-2', 'hall');
  });
  afterAll(async () => {
    await training.remove();
    await aws.close();
  });

  /** The files that a device would fetch: the recipe as Greengrass gives it, and the objects that it names. */
  const download = async (version: string): Promise<string> => {
    const folder = at(`device-${version}`);
    const stored = [...aws.greengrass.components.values()].find(
      (one) => one.name === COMPONENT && one.version === version,
    );
    await mkdir(path.join(folder, 'recipes'), { recursive: true });
    await writeFile(path.join(folder, `recipes/${COMPONENT}-${version}.json`), JSON.stringify(stored?.recipe));
    const listed = await aws.s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `${COMPONENT}/${version}/` }));
    for (const { Key = '' } of listed.Contents ?? []) {
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      const file = path.join(folder, 'artifacts', Key);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, (await Body?.transformToByteArray()) ?? '');
    }
    return folder;
  };
  const twin = async (version: string, document: object): Promise<{ code: number | null; report: TwinReport }> => {
    const folder = await download(version);
    await writeFile(at('deployment.json'), JSON.stringify(document));
    const { code, stderr } = await command(
      ...['twin', '--build', folder, '--deployment', at('deployment.json')],
      ...['--requests', '4', '--report', at('report')],
    );
    const text = await readFile(at('report/report.json'), 'utf8').catch(() => {
      throw new Error(stderr);
    });
    return { code, report: JSON.parse(text) as TwinReport };
  };
  const packaged = async (version: string): Promise<string> => {
    const model = await training.write({
      [`model-${version}.tar.gz`]: await tarOf({ 'colors.onnx': colorModel() }),
    });
    const labels = await training.write({ 'labels.txt': LABELS });
    const manifest = await training.write({ 'colors.json': MANIFEST });
    const images = [await training.image('red'), await training.image('green')];
    const made = await command(
      ...['package', '--source', model, '--name', 'Colors', '--version', version, '--labels', labels],
      ...['--manifest', manifest, '--golden', ...images, '--output', at('build'), '--key', at('keys/private.pem')],
    );
    expect(made.code, made.stderr).toBe(0);
    return at('build');
  };
  const published = async (): Promise<void> => {
    const done = await command('publish', '--build', at('build'), '--bucket', BUCKET, '--component', COMPONENT);
    expect(done.code, done.stderr).toBe(0);
    expect(done.json.at(-1)).toMatchObject({ component: COMPONENT, outcome: 'published' });
  };

  it('packages and signs what training left, publishes it, and the device gets what was uploaded', async () => {
    await mkdir(at('keys'));
    const keys = await command('keygen', '--out', at('keys'));
    expect(keys.code, keys.stderr).toBe(0);
    const key = (await readdir(at('keys'))).find((name) => !name.includes('pub')) ?? '';
    await writeFile(at('keys/private.pem'), await readFile(at('keys', key)), { mode: 0o600 });
    await packaged('1.0.0');
    await published();

    const deployed = await command('deploy', `${COMPONENT}=1.0.0`, '--group', 'hall', '--dry-run');
    const { input } = deployed.json[0] as { input: { components: object } };
    const { code, report } = await twin('1.0.0', input);
    expect(code).toBe(0);
    expect(report.models[0]?.golden).toMatchObject([
      { input: 'red.png', passed: true, predictions: [{ label: 'red' }, {}, {}] },
      { input: 'green.png', passed: true, predictions: [{ label: 'green' }, {}, {}] },
    ]);
  });

  it('deploys it, refuses a bad version on the device, and rolls the fleet back', async () => {
    const good = await command('deploy', `${COMPONENT}=1.0.0`, '--group', 'hall', '--wait');
    expect(good.code, good.stderr).toBe(0);

    // A version whose model is not what it was when its golden results were made.
    await rm(at('build'), { recursive: true });
    await packaged('1.1.0');
    const dir = at('build/packages/Colors-1.1.0');
    await writeFile(path.join(dir, 'golden/red.json'), JSON.stringify([{ classId: 2, label: 'blue', score: 1 }]));
    await writeZip(at(`build/artifacts/${COMPONENT}/1.1.0/Colors.zip`), await folderEntries(dir));
    await published();
    const dry = await command('deploy', `${COMPONENT}=1.1.0`, '--group', 'hall', '--dry-run');
    const { code, report } = await twin('1.1.0', (dry.json[0] as { input: object }).input);
    expect([code, report.deployment.status]).toEqual([1, 'FAILED']);
    const lines = report.deployment.components.find(({ name }) => name === COMPONENT)?.lastLines ?? [];
    const reason = lines.at(-1) ?? 'the model was refused';

    aws.fleet.outcome = (_, components) =>
      components[COMPONENT]?.componentVersion === '1.1.0'
        ? { status: 'FAILED', component: COMPONENT, reason }
        : { status: 'SUCCEEDED' };
    const bad = await command('deploy', `${COMPONENT}=1.1.0`, '--group', 'hall', '--wait');
    expect(bad.code).toBe(1);
    expect(bad.json[0]).toMatchObject({
      counts: { FAILED: 2 },
      devices: [{ failure: { component: COMPONENT, version: '1.1.0', state: 'BROKEN' } }, {}],
    });
    const back = await command('rollback', '--group', 'hall', '--wait');
    expect(back.code, back.stderr).toBe(0);
    expect(back.json[0]).toMatchObject({
      counts: { SUCCEEDED: 2 },
      components: { [COMPONENT]: { componentVersion: '1.0.0' } },
    });
    expect(aws.violations).toEqual([]);
  });
});
