import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { CloudRig } from '../../testing/cloud/cloud-rig.ts';
import { INDEXED, putIndexed, sampleModelState, sampleState } from '../../testing/cloud/sample-state.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { runHere } from '../../testing/package/in-process.ts';

describe('the fleet index', await needs(awsModels), () => {
  let rig: CloudRig;
  let aws: AwsStandIn;
  let folder: string;

  beforeAll(async () => {
    rig = await CloudRig.open();
    ({ aws, folder } = rig);
  });
  beforeEach(() => {
    aws.fleet.reset();
    aws.index.reset();
    aws.index.configuration = INDEXED;
    aws.requests.length = 0;
  });
  afterEach(() => expect(aws.violations).toEqual([]));
  afterAll(() => rig.close());

  const edgeml = (...args: string[]) => runHere(args, aws.environment);
  const operations = () => aws.requests.map(({ operation }) => operation);

  /** At work, idle, gone, failing, never heard of. */
  const hall = (): void => {
    aws.fleet.groups.set('hall', new Set());
    const groups = ['hall'];
    putIndexed(aws.index, { thing: 'at-work', groups, connected: true, state: sampleState() });
    const serves = 'PartsDetector=1.0.0';
    putIndexed(aws.index, { thing: 'idle', groups, connected: true, state: sampleState({ serves, agent: '0.9.0' }) });
    putIndexed(aws.index, { thing: 'gone', groups, connected: false, state: sampleState() });
    const models = { PartsDetector: sampleModelState({ version: '2.0.0' }), Other: sampleModelState() };
    putIndexed(aws.index, { thing: 'bad', connected: true, state: sampleState({ state: 'FAILING', models }) });
    putIndexed(aws.index, { thing: 'new', groups });
  };

  it('gives the report of the fleet in the fields of the old one', async () => {
    hall();
    const { json } = await edgeml('fleet', '--group', 'hall', '--report', '--json');
    expect(json[0]).toMatchObject({
      DeviceFleetName: 'hall',
      DeviceStats: { ConnectedDeviceCount: 2, RegisteredDeviceCount: 4 },
      AgentVersions: [
        { Version: '0.9.0', AgentCount: 1 },
        { Version: '1.0.0', AgentCount: 2 },
      ],
      ModelStats: [
        {
          ModelName: 'PartsDetector',
          ModelVersion: '1.0.0',
          OfflineDeviceCount: 1,
          ConnectedDeviceCount: 2,
          ActiveDeviceCount: 1,
          SamplingDeviceCount: 0,
        },
      ],
    });
    const all = await edgeml('fleet', '--report', '--json');
    expect(all.json[0]).toMatchObject({
      DeviceStats: { ConnectedDeviceCount: 3, RegisteredDeviceCount: 4 },
      ModelStats: [{ ModelName: 'Other' }, { ModelVersion: '1.0.0' }, { ModelVersion: '2.0.0' }],
    });
    expect((await edgeml('fleet', '--report')).stdout).toContain('3 ok, 1 failing');
  });

  it.each([
    [['--connected'], ['at-work', 'idle', 'bad']],
    [
      ['--offline', '--group', 'hall'],
      ['gone', 'new'],
    ],
    [['--model', 'PartsDetector=2.0.0'], ['bad']],
    [['--model', 'Other'], ['bad']],
    [
      ['--name-contains', 'ne', '--group', 'hall'],
      ['gone', 'new'],
    ],
    [
      ['--heartbeat-after', '2023-11-14T22:23:19Z', '--connected'],
      ['at-work', 'idle', 'bad'],
    ],
    [['--heartbeat-after', '1h'], []],
    [
      ['gone', 'idle'],
      ['gone', 'idle'],
    ],
  ])('finds devices by the filters of the list: %s', async (words, names) => {
    hall();
    const { json } = await edgeml('fleet', ...words, '--json');
    expect(json.map(({ thing }) => thing)).toEqual(names);
  });

  it('lists no more than was asked for, and says how many there are', async () => {
    hall();
    const { stdout, stderr } = await edgeml('fleet', '--group', 'hall', '--limit', '2');
    expect(stdout).toMatch(/at-work +connected +ok/);
    expect(stdout).toContain('4 devices');
    expect(stdout + stderr).toContain('The first 2 are listed');
    const unknown = await edgeml('fleet', 'nobody');
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('"nobody"') as string]);
    expect((await edgeml('fleet', '--limit', 'many')).code).toBe(2);
    expect((await edgeml('fleet', '--model', 'a model')).stderr).toContain('cannot be asked for the model "a model"');
  });

  it('writes a page with the devices that somebody should look at', async () => {
    hall();
    const page = path.join(folder, 'fleet.html');
    expect((await edgeml('fleet', '--html', page)).code).toBe(0);
    const html = await readFile(page, 'utf8');
    expect(html).toMatch(/<td>bad<\/td><td class="unhealthy">/);
    expect(html).toMatch(/<td>gone<\/td><td class="offline">/);
    expect(html).not.toContain('<td>at-work</td>');
    expect(html).toContain('>1</b>Unhealthy');
  });

  it('is turned on beside all that the account indexes already, once', async () => {
    aws.index.configuration = {
      thingIndexingMode: 'REGISTRY',
      deviceDefenderIndexingMode: 'VIOLATIONS',
      customFields: [{ name: 'attributes.site', type: 'String' }],
      filter: { namedShadowNames: ['theirs'] },
      managedFields: [{ name: 'thingName', type: 'String' }],
    };
    const before = JSON.stringify(aws.index.configuration);
    expect((await edgeml('fleet-index')).stdout).toContain('UpdateIndexingConfiguration');
    expect(JSON.stringify(aws.index.configuration)).toBe(before);
    await edgeml('fleet-index', '--enable');
    expect(aws.index.configuration).toEqual({
      ...INDEXED,
      deviceDefenderIndexingMode: 'VIOLATIONS',
      customFields: [{ name: 'attributes.site', type: 'String' }, ...INDEXED.customFields],
      filter: { namedShadowNames: ['theirs', 'edgeml'] },
    });
    expect((await edgeml('fleet-index', '--enable')).stdout).toContain('has all that it needs');
    expect(operations().filter((name) => name === 'UpdateIndexingConfiguration')).toHaveLength(1);
  });

  it('is not asked if it is off, if it lacks the shadow, or if heartbeats are named', async () => {
    hall();
    aws.fleet.addThing('core');
    for (const configuration of [
      { thingIndexingMode: 'OFF' },
      { ...INDEXED, filter: { namedShadowNames: ['other'] } },
    ]) {
      aws.index.configuration = configuration;
      expect((await edgeml('fleet', '--json')).json.map(({ thing }) => thing)).toEqual(['core']);
    }
    aws.requests.length = 0;
    aws.index.configuration = INDEXED;
    await edgeml('fleet', '--json', '--heartbeats', 's3://heartbeats/heartbeats');
    expect(operations()).not.toContain('GetIndexingConfiguration');
  });

  it('puts devices into rings by an attribute of their things', async () => {
    for (const name of ['a', 'b', 'c']) aws.fleet.addThing(name, 'factory');
    aws.fleet.things.get('b')!.attributes['ring'] = 'canary';
    await edgeml('rings', 'canary=@ring:canary', 'rest=100%', '--group', 'factory');
    expect([...(aws.fleet.groups.get('canary') ?? [])]).toEqual(['b']);
    expect([...(aws.fleet.groups.get('rest') ?? [])].sort()).toEqual(['a', 'c']);
  });
});
