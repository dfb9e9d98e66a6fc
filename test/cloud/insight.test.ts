import { execFile } from 'node:child_process';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { heartbeatParts } from '#packages/heartbeat';
import { mqttTopics } from '#packages/ipc';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { CloudRig } from '../../testing/cloud/cloud-rig.ts';
import { indexQuery } from '../../testing/cloud/index-query.ts';
import { sampleHeartbeat, sampleMetric, sampleModel } from '../../testing/cloud/sample-heartbeat.ts';
import { INDEXED, putIndexed, sampleState } from '../../testing/cloud/sample-state.ts';
import { refusals, refusedOf } from '../../testing/iam/permissions.ts';
import { runViews } from '../../testing/insight/run-views.ts';
import { unreasonedWildcards } from '../../testing/iam/wildcards.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { iamEngine, sqlEngine } from '../../testing/outside-data/python.ts';
import { runHere } from '../../testing/package/in-process.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { devicePolicy } from '../../tools/cloud/provisioning/device-policy.ts';
import { dailyReport } from '../../tools/cloud/report/daily-report.ts';
import { Template } from '../../tools/lint/account/template.ts';

const run = promisify(execFile);
const { signal } = new AbortController();
const NOON = Date.UTC(2026, 2, 1, 12);
const FLEET = 'edgeml-fleet';

const sql = await needs(sqlEngine);

/** "Configure the AWS IoT fleet provisioning plugin" in the developer guide of AWS IoT Greengrass V2; the plug-in ignores any other key. */
const PLUGIN_KEYS = [
  ...['rootPath', 'awsRegion', 'iotDataEndpoint', 'iotCredentialEndpoint', 'iotRoleAlias', 'provisioningTemplate'],
  ...['claimCertificatePath', 'claimCertificatePrivateKeyPath', 'rootCaPath', 'deviceId', 'templateParameters'],
  ...['mqttPort', 'proxyUrl', 'proxyUserName', 'proxyPassword', 'csrPath', 'csrPrivateKeyPath'],
];

describe('the fleet that looks after itself', await needs(awsModels, iamEngine), () => {
  let rig: CloudRig;
  let aws: AwsStandIn;
  let folder: string;
  let fleet: Template;
  let insight: Template;

  beforeAll(async () => {
    rig = await CloudRig.open(`${FLEET}-fleet`);
    ({ aws, folder } = rig);
    fleet = await Template.read('fleet.yaml', FLEET);
    const parameters = { CodeBucket: 'code', OperatorEmail: 'a@example.com' };
    insight = await Template.read('insight.yaml', 'edgeml-insight', parameters, fleet.exports);
  });
  beforeEach(() => {
    aws.fleet.reset();
    aws.index.reset();
    aws.index.configuration = INDEXED;
    aws.requests.length = 0;
  });
  afterEach(() => expect(aws.violations).toEqual([]));
  afterAll(() => rig.close());

  it('reports once a day to the bucket and by mail, with the permissions of its function', async () => {
    putIndexed(aws.index, { thing: 'a', connected: true, state: sampleState() });
    putIndexed(aws.index, { thing: 'b', connected: false, state: sampleState({ state: 'FAILING' }) });
    const bucket = `${FLEET}-fleet`;
    const mail = await dailyReport(rig.clients, { bucket, now: NOON, signal });
    expect(mail.subject).toBe('EdgeML: 1 of 2 devices connected, 2026-03-01');
    expect(mail.message).toContain('all devices: 2 devices, 1 connected, 1 offline.\n1 devices: failing');
    expect(mail.message).toContain('PartsDetector 1.0.0: 1 active of 1 connected, 1 offline');
    expect(mail.message).toContain(`aws s3 cp s3://${bucket}/reports/2026-03-01.html .`);
    const written = aws.requests.filter(({ operation }) => operation.startsWith('PUT '));
    expect(written.map(({ operation }) => operation)).toEqual([
      `PUT /${bucket}/reports/2026-03-01.json`,
      `PUT /${bucket}/reports/2026-03-01.html`,
    ]);
    expect(await refusals(insight.policyOf('ReportRole'), aws.requests)).toEqual([]);
  });

  it('lets operators look at everything and change nothing', async () => {
    aws.fleet.addThing('a', 'hall');
    putIndexed(aws.index, { thing: 'a', groups: ['hall'], connected: true, state: sampleState() });
    const { code } = await runHere(['fleet', '--group', 'hall', '--report'], aws.environment);
    await runHere(['status', '--group', 'hall'], aws.environment);
    expect(code).toBe(0);
    const operator = insight.policyOf('Operator');
    expect(await refusals(operator, aws.requests)).toEqual([]);
    const changes = [
      ['greengrass:CreateDeployment', '*'],
      ['iot:UpdateThingShadow', 'arn:aws:iot:us-east-1:123456789012:thing/a'],
      ['iot:AddThingToThingGroup', 'arn:aws:iot:us-east-1:123456789012:thing/a'],
    ].map(([action = '', resource = '']) => ({ action, resource }));
    expect(await refusedOf(operator, changes)).toHaveLength(3);
    expect(await unreasonedWildcards(insight)).toEqual([]);
  });

  it('asks the index only what it understands', () => {
    const queries = Object.values(insight.resources).flatMap(
      ({ Properties }) => (Properties['QueryString'] as string | undefined) ?? [],
    );
    const ofIndex = queries.filter((text) => !text.startsWith('CREATE'));
    expect(ofIndex).toHaveLength(6);
    const failing = { shadow: { name: { edgeml: { reported: sampleState({ state: 'FAILING' }) } } } };
    const found = ofIndex.filter((text) => indexQuery(text)(failing));
    // A group and a metric of failing devices, and the metric of those that are offline.
    expect(found).toHaveLength(3);
  });

  it('shows on the Grafana board metrics that it makes, and columns that its views have', async () => {
    const board = JSON.parse(await readFile(path.join(PROJECT, 'monitoring/fleet-dashboard.json'), 'utf8')) as {
      panels: { targets: { metricName?: string; namespace?: string; rawSQL?: string }[] }[];
    };
    const targets = board.panels.flatMap((panel) => panel.targets);
    const of = (type: string) => Object.values(insight.resources).filter(({ Type }) => Type === type);
    const made = of('AWS::IoT::FleetMetric').map(({ Properties }) => Properties['MetricName'] as string);
    const shown = targets.flatMap(({ metricName }) => metricName?.replace('${stack}', 'edgeml-insight') ?? []);
    expect(shown.sort()).toEqual([...made].sort());
    const views = of('AWS::Athena::NamedQuery').map(({ Properties }) => Properties['QueryString'] as string);
    const columns = views.flatMap((text) => [...text.matchAll(/AS (\w+)/g)].map(([, name]) => name));
    const asked = ['devices', 'p95_ms_of_most', 'failed_percent', 'drifting_devices', 'failed', 'answered', 'device'];
    const queries = targets.flatMap(({ rawSQL }) => rawSQL ?? []).join();
    for (const column of asked) {
      expect(columns, column).toContain(column);
      expect(queries).toContain(column);
    }
  });

  it('tells latency, failures, drift and versions from what devices send', sql, async () => {
    const { Properties: rule } = insight.resources['HistoryRule'] as (typeof insight.resources)[string];
    const { Sql, Actions } = rule['TopicRulePayload'] as {
      Sql: string;
      Actions: { Firehose: { Separator: string } }[];
    };
    // Everything that comes on the topic, as it is.
    const [, filter = ''] = /^SELECT \* FROM '(.+)'$/.exec(Sql) ?? [];
    expect(mqttTopics.heartbeat('belt-7')).toMatch(new RegExp(`^${filter.replace('+', '[^/]+')}$`));
    const model = (answered: number, failed: number, P95: number, drift: object = {}) =>
      sampleModel({
        ModelMetrics: [
          sampleMetric('Inferences', 'Count', answered),
          sampleMetric('Failures', 'Count', failed),
          sampleMetric('InferenceLatencyMs', 'Mean', 1),
          sampleMetric('InferenceLatencyMs', 'P95', P95),
          sampleMetric('Memory', 'Bytes', 90_000_000),
        ],
        ...drift,
      });
    const drifting = { Service: 's', State: 'DRIFTING', Images: 9, WeakBaseline: false, Causes: [] } as const;
    const heartbeats = [
      sampleHeartbeat('belt-7', { Timestamp: 1_772_366_400, Models: [model(90, 10, 40)] }),
      sampleHeartbeat('belt-8', { Models: [model(100, 0, 60, { Drift: [drifting] })] }),
      sampleHeartbeat('belt-8', { Models: [model(100, 0, 50), sampleModel({ ModelName: 'Other' })] }),
      sampleHeartbeat('belt-9', { Device: { Nucleus: 'lite' } }),
    ];
    const views = ['ModelsView', 'VersionsView'].map(
      (name) => insight.resources[name]?.Properties['QueryString'] as string,
    );
    const { TableInput } = insight.resources['Heartbeats']?.Properties as {
      TableInput: { StorageDescriptor: { Columns: { Name: string; Type: string }[] } };
    };
    const day = '2026-03-01';
    const board = await grafanaQueries(Date.parse(day));
    const separator = Actions[0]?.Firehose.Separator ?? '';
    const [models, versions, ...shown] = await runViews({
      columns: TableInput.StorageDescriptor.Columns,
      day,
      records: heartbeats.flatMap(heartbeatParts).map((part) => `${part}${separator}`),
      views,
      queries: ['SELECT * FROM models ORDER BY at', 'SELECT * FROM versions ORDER BY model DESC', ...board],
    });
    expect(models).toHaveLength(4);
    expect(models?.[0]).toEqual({
      day,
      at: '2026-03-01 12:00:00+00:00',
      device: 'belt-7',
      model: 'PartsDetector',
      version: '1.0.0',
      provider: 'cpu',
      golden: 'PASSED',
      answered: 90,
      failed: 10,
      p95_ms: 40,
      memory_bytes: 90_000_000,
      drifting: false,
    });
    expect(versions).toMatchObject([
      { model: 'PartsDetector', devices: 2, answered: 290, failed: 10, p95_ms_of_half: 50, drifting_devices: 1 },
      { model: 'Other', devices: 1, failed_percent: null, drifting_devices: 0 },
    ]);
    expect(versions?.[0]?.['failed_percent']).toBeCloseTo(3.33, 2);
    expect(shown.map((rows) => rows.length)).toEqual([2, 2, 2, 2, 1]);
    expect(shown.at(-1)).toEqual([
      { device: 'belt-7', model: 'PartsDetector', version: '1.0.0', failed: 10, answered: 90 },
    ]);
  });

  /** The board's queries, as Grafana asks them for a day and the one before. */
  const grafanaQueries = async (at: number): Promise<readonly string[]> => {
    const board = JSON.parse(await readFile(path.join(PROJECT, 'monitoring/fleet-dashboard.json'), 'utf8')) as {
      panels: { targets: { rawSQL?: string }[] }[];
    };
    const seconds = at / 1_000;
    return board.panels
      .flatMap(({ targets }) => targets.flatMap(({ rawSQL }) => rawSQL ?? []))
      .map((sql) => sql.replaceAll('$__unixEpochFrom()', String(seconds - 86_400)))
      .map((sql) => sql.replaceAll('$__unixEpochTo()', String(seconds + 86_399)));
  };

  describe('a class of devices', () => {
    const subject = { partition: 'aws', region: 'us-east-1', account: '123456789012', roleAlias: 'EdgeMLDevices' };

    it('gets things, rings and policies from its template as provision makes them', async () => {
      const parameters = { DeviceClass: 'gateway', Ring: 'canary', DeviceRoleArn: fleet.arn('DeviceRole') };
      const template = await Template.read('onboarding.yaml', 'edgeml-gateway', parameters);
      const body = JSON.parse(template.resources['Provisioning']?.Properties['TemplateBody'] as string) as {
        Resources: Record<string, { Properties: Record<string, unknown> }>;
      };
      const filled = (value: unknown): unknown => {
        const { Ref, ...rest } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
        if (Ref === 'SerialNumber') return 'SN-7';
        return rest['Fn::Join'] ? rest['Fn::Join'][1].map(filled).join(rest['Fn::Join'][0]) : value;
      };
      const { thing, policy } = body.Resources;
      expect(filled(thing?.Properties['ThingName'])).toBe('gateway-SN-7');
      expect(thing?.Properties).toMatchObject({ ThingGroups: ['canary'], AttributePayload: { ring: 'canary' } });
      expect(filled(policy?.Properties['PolicyDocument'])).toBe(
        devicePolicy({ ...subject, thingName: 'gateway-SN-7' }),
      );
      expect(await unreasonedWildcards(template)).toEqual([]);
    });

    it.each([
      ['a key of AWS IoT', []],
      ['a signing request', ['--csr']],
      ['a token', ['--pkcs11-library', '/usr/lib/libtpm2_pkcs11.so.1', '--pkcs11-slot', '1']],
    ])('starts from a file with its serial number, with %s', async (kind, words) => {
      const output = path.join(folder, kind.replaceAll(' ', '-'));
      const onboard = ['onboard', 'gateway', '--output', output, '--device-folder', output, ...words];
      expect((await runHere(onboard, aws.environment)).code).toBe(0);
      const script = await readFile(path.join(output, 'first-boot.sh'), 'utf8');
      await run('sh', ['-n', path.join(output, 'first-boot.sh')]);
      const text = await readFile(path.join(output, 'config.template.yaml'), 'utf8');
      const { services } = parse(text.replaceAll('@SERIAL@', 'SN7')) as {
        services: Record<string, { configuration: Record<string, unknown> }>;
      };
      const plugin = services['aws.greengrass.FleetProvisioningByClaim']?.configuration;
      expect(plugin).toMatchObject({
        provisioningTemplate: 'edgeml-gateway',
        deviceId: 'gateway-SN7',
        templateParameters: { SerialNumber: 'SN7' },
      });
      expect(PLUGIN_KEYS).toEqual(expect.arrayContaining(Object.keys(plugin ?? {})));
      const key = kind === 'a token' ? 'pkcs11:object=edgeml;type=private' : `${output}/privKey.key`;
      expect(plugin?.['csrPrivateKeyPath']).toBe(words.length === 0 ? undefined : key);
      expect('aws.greengrass.crypto.Pkcs11Provider' in services).toBe(kind === 'a token');
      expect(script.includes('openssl req -new')).toBe(words.length > 0);
      if (kind !== 'a key of AWS IoT') return;
      await copyFile(path.join(output, 'config.template.yaml'), path.join(output, 'template'));
      await run('sh', ['first-boot.sh', 'SN 7;`x`'], { cwd: output });
      expect(await readFile(path.join(output, 'config.yaml'), 'utf8')).toContain('deviceId: gateway-SN7x');
      expect(await readdir(output)).not.toContain('config.yaml.new');
    });
  });
});
