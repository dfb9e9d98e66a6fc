import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { CloudRig } from '../../testing/cloud/cloud-rig.ts';
import { publishSamples } from '../../testing/cloud/publish-samples.ts';
import { putHeartbeat, sampleMetric, sampleModel } from '../../testing/cloud/sample-heartbeat.ts';
import { Template } from '../../tools/lint/account/template.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { iamEngine } from '../../testing/outside-data/python.ts';
import { runHere } from '../../testing/package/in-process.ts';
import { colorModel, LABELS, MANIFEST, tarOf, trainingOutput } from '../../testing/package/training-output.ts';
import type { TrainingOutput } from '../../testing/package/training-output.ts';
import { constantModel } from '../../testing/vision/onnx-builder.ts';
import { runPipeline } from '../../testing/pipeline/run-pipeline.ts';
import type { PipelineEnd } from '../../testing/pipeline/run-pipeline.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { handlePackageEvent } from '../../tools/cloud/pipeline/handle-event.ts';
import type { RunInput } from '../../tools/cloud/pipeline/handle-event.ts';

const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:model-package/Colors/2';
const COMPONENT = 'edgeml.model.Colors';
const FLEET = 'edgeml-fleet-fleet';
const COMPONENTS = 'edgeml-fleet-components';
const GROUPS = ['canary', 'wave-1', 'wave-2'];

describe.sequential(
  'the pipeline, from the registry to the second wave and back',
  await needs(awsModels, iamEngine),
  () => {
    let rig: CloudRig;
    let aws: AwsStandIn;
    let training: TrainingOutput;
    let definition: { States: Record<string, object> };
    let topic: string;
    /** Variables that the template gives every build. */
    let environment: Record<string, string>;
    let handler: (event: unknown) => Promise<unknown>;
    let mails: string[];
    let runs = 0;
    /** The build specification that may fail. */
    let failing: string | undefined;
    /** The one that is not run, but fails. */
    let broken: string | undefined;

    beforeAll(async () => {
      rig = await CloudRig.open(FLEET, COMPONENTS, 'models');
      ({ aws } = rig);
      training = await trainingOutput();
      for (const [name, value] of Object.entries(aws.environment)) vi.stubEnv(name, value);
      vi.stubEnv('FLEET_BUCKET', FLEET);
      ({ handler } = await import('../../tools/cloud/pipeline/lambda.ts'));
      const fleet = await Template.read('fleet.yaml', 'edgeml-fleet');
      const parameters = {
        ModelPackageGroup: 'Colors',
        CodeBucket: 'code',
        ModelBucketArn: 'arn:aws:s3:::models',
        SigningKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/sign',
        ApproverEmail: 'a@example.com',
      };
      const template = await Template.read('pipeline.yaml', 'edgeml-pipeline', parameters, fleet.exports);
      definition = template.resources['Pipeline']?.Properties['Definition'] as typeof definition;
      topic = template.ref('Approval');
      const { Environment } = template.resources['Build']?.Properties as {
        Environment: { EnvironmentVariables: { Name: string; Value: string }[] };
      };
      environment = Object.fromEntries(Environment.EnvironmentVariables.map(({ Name, Value }) => [Name, Value]));
      expect(environment).toMatchObject({ FLEET_BUCKET: FLEET, COMPONENTS_BUCKET: COMPONENTS });
      // A data scientist has the archive of a training job, and a few pictures. One of them shows nothing that the model knows.
      const put = (Bucket: string, Key: string, Body: string | Uint8Array) =>
        aws.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
      await put('models', 'job/model.tar.gz', await tarOf({ 'colors.onnx': colorModel() }));
      await put(FLEET, 'pictures/Colors/labels.txt', LABELS);
      await put(FLEET, 'pictures/Colors/model.json', MANIFEST);
      for (const color of ['red', 'green'] as const)
        await put(FLEET, `pictures/Colors/${color}.png`, await readFile(await training.image(color)));
      aws.sagemaker.packages.set(ARN, {
        ModelPackageName: 'Colors',
        ModelPackageArn: ARN,
        ModelPackageVersion: 2,
        CreationTime: 1_767_225_600,
        ModelPackageStatus: 'Completed',
        ModelPackageStatusDetails: { ValidationStatuses: [] },
        ModelApprovalStatus: 'Approved',
        InferenceSpecification: {
          Containers: [{ Image: 'none', ModelDataUrl: 's3://models/job/model.tar.gz' }],
          SupportedContentTypes: [],
          SupportedResponseMIMETypes: [],
        },
      });
      await mkdir(path.join(training.dir, 'keys'));
      await runHere(['keygen', '--out', path.join(training.dir, 'keys'), '--key-id', 'factory']);

      await publishSamples(rig.clients, COMPONENTS, `${COMPONENT}=1.0.0`);
      aws.fleet.readsUntilDone = 0;
      for (const group of GROUPS) {
        rig.addGroup(group, 2);
        await rig.deploy(group, { [COMPONENT]: '1.0.0' });
      }
      aws.mishap = ({ operation }) => {
        if (operation === 'ListJobExecutionsForJob') beat();
        return undefined;
      };
    });
    beforeEach(() => {
      mails = [];
      [failing, broken] = [undefined, undefined];
    });
    afterEach(() => expect(aws.violations).toEqual([]));
    afterAll(async () => {
      vi.unstubAllEnvs();
      await training.remove();
      await rig.close();
    });

    const versionOf = (group: string): unknown => rig.deployedTo(group, COMPONENT);
    const beat = (): void => {
      for (const thing of aws.fleet.things.keys()) {
        const ModelMetrics = [sampleMetric('Inferences', 'Count', 100), sampleMetric('InferenceLatencyMs', 'P95', 20)];
        const Timestamp = Math.floor(Date.now() / 1000);
        const ModelVersion = String(versionOf(thing.replace(/-\d$/, '')));
        const model = sampleModel({ ModelName: 'Colors', ModelVersion, ModelMetrics, LatestInference: Timestamp });
        putHeartbeat(aws.memoryBucket, thing, { Timestamp, Models: [model], ageMs: -1_000 });
      }
    };
    /** The commands of a build specification, but for what another test runs: building the project, and the twin. */
    const build = async (specification: string, variables: Readonly<Record<string, string>>): Promise<boolean> => {
      if (specification === broken) return false;
      const all: Record<string, string> = { ...environment, ...variables };
      const filled = (text: string): string => text.replace(/\$(\w+)/g, (_, name: string) => all[name] ?? '');
      const plan = parse(
        (await readFile(path.join(PROJECT, 'infrastructure/plan.yaml'), 'utf8')).replaceAll(
          /MODEL_NAME|MODEL_VERSION|FLEET_BUCKET/g,
          (name) => all[name] ?? '',
        ),
      ) as { gate: object };
      const changed = { ...plan, heartbeats: 's3://heartbeats/heartbeats', gate: { ...plan.gate, bakeMinutes: 0 } };
      await writeFile(path.join(training.dir, 'plan.yaml'), stringify(changed));
      const text = await readFile(path.join(PROJECT, specification), 'utf8');
      const { phases } = parse(text) as { phases: { build: { commands: string[] } } };
      for (const line of phases.build.commands) {
        const [, words] = /^npm run -s edgeml -- (.*)$/.exec(filled(line)) ?? [];
        if (words === undefined || /^(build|twin) /.test(words)) continue;
        const parts = [...words.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
        const here = parts.map((part) =>
          part === 'plan.yaml'
            ? path.join(training.dir, part)
            : part.replace(/^\.edgeml\/model$/, path.join(training.dir, 'out')),
        );
        // A key of AWS KMS is not here: package-cloud.test.ts signs with one.
        const key = here.indexOf('--kms-key');
        if (key >= 0) here.splice(key, 2, '--key', path.join(training.dir, 'keys/factory.key'));
        const { code, stderr } = await runHere(here);
        if (code !== 0 && specification === failing) {
          await keepPictures(variables['RUN'] ?? '');
          return false;
        }
        if (code !== 0) throw new Error(`${here.join(' ')}: ${stderr}`);
      }
      return true;
    };
    /** As the build does at its end. */
    const keepPictures = async (run: string): Promise<void> => {
      const folder = path.join(training.dir, 'out/packages/golden-pictures');
      for (const name of await readdir(folder).catch(() => []))
        await aws.s3.send(
          new PutObjectCommand({
            Bucket: FLEET,
            Key: `promotions/${run}/golden/${name}`,
            Body: await readFile(path.join(folder, name)),
          }),
        );
    };
    const execute = (
      input: RunInput,
      answer: (mail: string) => readonly string[] | undefined,
      askSeconds = 259_200,
    ): Promise<PipelineEnd> => {
      const States = { ...definition.States, Ask: { ...definition.States['Ask'], TimeoutSeconds: askSeconds } };
      const mail = (text: string) => {
        mails.push(text);
        return answer(text);
      };
      const name = `run-${++runs}`;
      return runPipeline(
        { definition: { ...definition, States }, topic, name, input },
        { build, invoke: handler, mail },
      );
    };
    /** The line of the mail below a heading, as its words. */
    const pasted = (mail: string, heading: string): readonly string[] => {
      const line = mail.split('\n')[mail.split('\n').indexOf(heading) + 1] ?? '';
      // Nothing that bash, PowerShell or cmd would take for something else.
      expect(line).toMatch(/^aws stepfunctions [\w ./+=:-]+$/);
      return line.split(' ').slice(2);
    };
    const eventInput = async (): Promise<RunInput> => {
      const inputs: RunInput[] = [];
      await handlePackageEvent(
        {
          'detail-type': 'SageMaker Model Package State Change',
          source: 'aws.sagemaker',
          detail: {
            ModelPackageArn: ARN,
            ModelPackageGroupName: 'Colors',
            ModelPackageVersion: 2,
            ModelApprovalStatus: 'Approved',
          },
        },
        {
          packageNow: async () => ({ approval: 'Approved', changedAt: Date.now() }),
          running: async () => [],
          start: async (_, input) => (inputs.push(input), true),
          stop: async () => undefined,
        },
      );
      return inputs[0] as RunInput;
    };

    it('tells the approver of a model that could not be packaged, and publishes nothing', async () => {
      failing = 'infrastructure/package.buildspec.yaml';
      const input = { ...(await eventInput()), modelVersion: 'two' };
      const before = aws.fleet.deployments.length;
      const end = await execute(input, () => undefined);
      expect(end).toMatchObject({ status: 'FAILED', error: 'NotPublished' });
      expect(end.states).toEqual([
        'Begin',
        'Package',
        'Review',
        'LabelsLookShifted',
        'TellNotPublished',
        'NotPublished',
      ]);
      expect(aws.fleet.deployments).toHaveLength(before);
      expect(mails).toEqual([
        'Colors two was not published: it could not be packaged, or the twin refused it. ' +
          'The log of its build says why (aws logs tail /aws/codebuild/edgeml-pipeline-build --since 3h --region us-east-1). ' +
          `If it drew golden pictures, look at them (aws s3 cp s3://${FLEET}/promotions/run-${runs}/golden golden --recursive --region us-east-1).`,
      ]);
    });

    it('shows the approver a model whose labels look shifted, and goes by what they decide', async () => {
      const put = (Bucket: string, Key: string, Body: string | Uint8Array) =>
        aws.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
      const nuts = constantModel({ name: 'images', shape: [1, 3, 8, 8] }, [
        { name: 'rows', shape: [1, 1, 6], values: [0, 0, 8, 8, 0.9, 0] },
      ]);
      const output = { decoder: 'ssd', columns: 'box-score-class', coordinates: 'pixels' };
      await put('models', 'nuts/model.tar.gz', await tarOf({ 'nuts.onnx': nuts }));
      await put(FLEET, 'pictures/Nuts/model.json', JSON.stringify({ input: { mean: 0, std: 255 }, output }));
      await put(FLEET, 'pictures/Nuts/labels.txt', 'background\nnut\n');
      await put(FLEET, 'pictures/Nuts/red.png', await readFile(await training.image('red')));
      const arn = ARN.replace('Colors/2', 'Nuts/1');
      aws.sagemaker.packages.set(arn, {
        ...aws.sagemaker.packages.get(ARN),
        ModelPackageName: 'Nuts',
        ModelPackageArn: arn,
        InferenceSpecification: {
          Containers: [{ Image: 'none', ModelDataUrl: 's3://models/nuts/model.tar.gz' }],
          SupportedContentTypes: [],
          SupportedResponseMIMETypes: [],
        },
      });
      const input: RunInput = { action: 'promote', modelPackageArn: arn, modelName: 'Nuts', modelVersion: '1.0.0' };
      failing = 'infrastructure/package.buildspec.yaml';
      broken = 'infrastructure/canary.buildspec.yaml';
      const rejected = await execute(input, (mail) => (mail.includes('Reject:') ? pasted(mail, 'Reject:') : undefined));
      expect([rejected.error, rejected.states.slice(-3)]).toEqual([
        'NotPublished',
        ['AskLabels', 'TellNotPublished', 'NotPublished'],
      ]);
      expect(mails[0]).toContain(
        '\nthe first label is "background", and the model finds it: class 0 is something else\n',
      );
      expect(mails[0]).toContain(`aws s3 cp s3://${FLEET}/promotions/run-${runs}/golden golden --recursive`);
      const picture = new HeadObjectCommand({ Bucket: FLEET, Key: `promotions/run-${runs}/golden/red.annotated.jpg` });
      expect(mails[0]).toContain('(red.annotated.jpg)');
      expect((await aws.s3.send(picture)).ContentLength).toBeGreaterThan(500);

      const approved = await execute(input, (mail) => pasted(mail, 'Approve:'));
      expect(approved.states.slice(0, 7)).toEqual([
        'Begin',
        'Package',
        'Review',
        'LabelsLookShifted',
        'AskLabels',
        'PackageSeen',
        'Canary',
      ]);
      const published = new HeadObjectCommand({ Bucket: COMPONENTS, Key: 'edgeml.model.Nuts/1.0.0/Nuts.zip' });
      expect((await aws.s3.send(published)).ContentLength).toBeGreaterThan(500);
    });

    it('puts the former version back when the approver rejects', async () => {
      const end = await execute(await eventInput(), (mail) => pasted(mail, 'Reject:'));
      expect(end).toMatchObject({ status: 'FAILED', error: 'NotPromoted' });
      expect(end.states).toEqual([
        'Begin',
        'Package',
        'Canary',
        'Summarize',
        'Ask',
        'Withdraw',
        'WasRefused',
        'Refused',
      ]);
      expect(GROUPS.map(versionOf)).toEqual(['1.0.0', '1.0.0', '1.0.0']);
      expect(mails[0]).toMatch(
        /Colors: p95 of the median device, ms +20 +-|Colors: p95 of the median device, ms +20 +20/,
      );
      // A plain archive became a package with a golden case of each picture.
      const manifest = await readFile(path.join(training.dir, 'out/packages/Colors-2.0.0/model.json'), 'utf8');
      expect((JSON.parse(manifest) as { golden: object[] }).golden).toHaveLength(2);
    });

    it('puts it back when nobody answers in time', async () => {
      const end = await execute(await eventInput(), () => undefined, 1);
      expect([end.status, end.states.slice(-4)]).toEqual(['FAILED', ['Ask', 'Withdraw', 'WasRefused', 'Refused']]);
      expect(GROUPS.map(versionOf)).toEqual(['1.0.0', '1.0.0', '1.0.0']);
    });

    it('goes on to the second wave when the approver approves, with a version that was published before', async () => {
      const end = await execute(await eventInput(), (mail) => pasted(mail, 'Approve:'));
      expect(end).toMatchObject({
        status: 'SUCCEEDED',
        states: ['Begin', 'Package', 'Canary', 'Summarize', 'Ask', 'Production'],
      });
      expect(GROUPS.map(versionOf)).toEqual(['2.0.0', '2.0.0', '2.0.0']);
    });

    it('puts it back on every group when the registry says "Rejected" later on', async () => {
      const end = await execute({ ...(await eventInput()), action: 'withdraw' }, () => undefined);
      expect(end).toMatchObject({ status: 'SUCCEEDED', states: ['Begin', 'Withdraw', 'WasRefused', 'Withdrawn'] });
      expect(GROUPS.map(versionOf)).toEqual(['1.0.0', '1.0.0', '1.0.0']);
    });
  },
);
