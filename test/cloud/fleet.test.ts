import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CloudClients } from '../../tools/cloud/clients.ts';
import { fleetDevices } from '../../tools/cloud/fleet/fleet-devices.ts';
import { filterDevices } from '../../tools/cloud/fleet/fleet-filter.ts';
import { assignRings, parseRing } from '../../tools/cloud/fleet/rings.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { CloudRig } from '../../testing/cloud/cloud-rig.ts';
import { runHere } from '../../testing/package/in-process.ts';
import { runCommand } from '../../testing/process/run-command.ts';
import { PERIOD_SECONDS, putHeartbeat, sampleModel } from '../../testing/cloud/sample-heartbeat.ts';

const PLACE = 's3://heartbeats/heartbeats';
const { signal } = new AbortController();

describe('fleet', await needs(awsModels), () => {
  let rig: CloudRig;
  let aws: AwsStandIn;
  let clients: CloudClients;
  let folder: string;

  beforeAll(async () => {
    rig = await CloudRig.open();
    ({ aws, clients, folder } = rig);
  });
  beforeEach(() => {
    aws.fleet.reset();
    aws.memoryBucket.objects.clear();
    aws.requests.length = 0;
    aws.greengrass.pageSize = 100;
    aws.iot.pageSize = 100;
  });
  afterEach(() => expect(aws.violations).toEqual([]));
  afterAll(() => rig.close());

  const seconds = () => Math.floor(Date.now() / 1000);
  /** Four devices: at work, idle, gone, never heard of. */
  const hall = (): void => {
    for (const thing of ['at-work', 'idle', 'gone', 'new']) aws.fleet.addThing(thing, 'hall');
    const now = seconds();
    const working = sampleModel({ LatestInference: now - 10, LatestSampleTime: now - 20 });
    putHeartbeat(aws.memoryBucket, 'at-work', { Models: [working] });
    putHeartbeat(aws.memoryBucket, 'idle', {
      Models: [sampleModel({ LatestInference: now - 3 * PERIOD_SECONDS })],
      AgentVersion: '0.9.0',
    });
    const ageMs = 4 * PERIOD_SECONDS * 1000;
    putHeartbeat(aws.memoryBucket, 'gone', { Models: [sampleModel({ LatestInference: now - ageMs / 1000 })], ageMs });
    putHeartbeat(aws.memoryBucket, 'elsewhere', { Models: [sampleModel()] });
  };
  const words = (...args: string[]) => ['fleet', '--heartbeats', PLACE, ...args];
  const fleet = (...args: string[]) => runHere(words(...args), aws.environment);

  it('row 116: reports every field of the old fleet report, with its own meaning of each count', async () => {
    hall();
    const { code, json } = await runCommand(words('--group', 'hall', '--report', '--json'), aws.environment);

    expect(code).toBe(0);
    expect(json[0]).toEqual({
      DeviceFleetName: 'hall',
      DeviceFleetArn: 'arn:aws:iot:us-east-1:123456789012:thinggroup/hall',
      Description: '4 registered devices',
      OutputConfig: { S3OutputLocation: PLACE },
      ReportGenerated: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
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
          SamplingDeviceCount: 1,
        },
      ],
    });
  });

  it('row 115: describes one device, and lists them by heartbeat, model and fleet', async () => {
    hall();
    const one = await fleet('at-work', '--json');
    expect(one.json).toEqual([
      {
        thing: 'at-work',
        health: 'HEALTHY',
        agentVersion: '1.0.0',
        lastHeartbeat: expect.any(Number) as number,
        connected: true,
        models: [
          {
            handle: 'detector',
            name: 'PartsDetector',
            version: '1.0.0',
            active: true,
            sampling: true,
            latestInference: expect.any(Number) as number,
            latestSample: expect.any(Number) as number,
            provider: 'cpu',
            golden: 'PASSED',
          },
        ],
      },
    ]);
    const group = { kind: 'group', name: 'hall', arn: aws.fleet.arn('thinggroup', 'hall') } as const;
    const heartbeats = { bucket: 'heartbeats', prefix: 'heartbeats' };
    const devices = await fleetDevices(clients, { group, heartbeats, now: Date.now(), signal });
    const names = (filter: Parameters<typeof filterDevices>[1]) =>
      filterDevices(devices, filter).map(({ thing }) => thing);
    expect(names({})).toEqual(['at-work', 'gone', 'idle', 'new']);
    expect(names({ presence: 'offline' })).toEqual(['gone', 'new']);
    expect(names({ heartbeatAfter: Date.now() - 2_000 * PERIOD_SECONDS })).toEqual(['at-work', 'idle']);
    expect(names({ heartbeatBefore: Date.now() - 2_000 * PERIOD_SECONDS })).toEqual(['gone', 'new']);
    expect(names({ model: 'PartsDetector', modelVersion: '2.0.0' })).toEqual([]);
    expect(names({ model: 'detector' })).toEqual(['at-work', 'gone', 'idle']);
    expect(names({ nameContains: 'ne' })).toEqual(['gone', 'new']);
  });

  it('joins the parts of a heartbeat, and leaves out those of an older one', async () => {
    aws.fleet.addThing('many', 'hall');
    const part = (Part: number, HeartbeatId: string, name: string, ageMs: number): void =>
      putHeartbeat(aws.memoryBucket, 'many', {
        HeartbeatId,
        Part,
        Parts: 2,
        ageMs,
        Models: [sampleModel({ ModelHandle: name })],
      });
    part(1, 'new', 'a', 2_000);
    part(2, 'new', 'b', 1_000);
    part(3, 'old', 'c', 9_000);
    const { json } = await fleet('--json');
    expect((json[0]?.['models'] as { handle: string }[]).map(({ handle }) => handle)).toEqual(['a', 'b']);
  });

  it('survives devices that write nonsense, and says so of those that do not exist', async () => {
    hall();
    aws.memoryBucket.put('heartbeats/new/1.json', '{"not":"a heartbeat"}');
    const { code, stdout } = await fleet();
    expect(code).toBe(0);
    expect(stdout).toMatch(/new +offline +healthy +never/);
    const unknown = await fleet('nobody');
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('"nobody"') as string]);
    expect((await fleet('--connected', '--offline')).code).toBe(2);
    expect((await runHere(['fleet', '--heartbeats', 'somewhere'], aws.environment)).code).toBe(1);
  });

  it('writes a page that needs nothing else and lets no name become markup', async () => {
    hall();
    aws.fleet.addThing('at-work:2', 'hall');
    putHeartbeat(aws.memoryBucket, 'at-work:2', {
      Models: [sampleModel({ ModelVersion: '1.1.0<script>alert(1)</script>' })],
    });
    const page = path.join(folder, 'fleet.html');
    const { code } = await fleet('--group', 'hall', '--html', page);
    expect(code).toBe(0);
    const html = await readFile(page, 'utf8');
    expect(html).not.toMatch(/<script|https?:|@import|url\(/);
    expect(html).toContain('1 active, 1 idle, 1 offline, 1 sampling');
    expect(html).toContain('1.1.0&#60;script&#62;');
  });

  it('row 119: divides the fleet by percentage, by names and by a part of the name, each device into one ring', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `${index < 8 ? 'hall-1' : 'hall-2'}-gw-${index}`);
    for (const name of names) aws.fleet.addThing(name, 'factory');
    aws.iot.pageSize = 7;
    const wanted = ['canary=hall-1-gw-0,hall-2-gw-9', 'wave-1=*hall-1*', 'wave-2=25%', 'wave-3=100%'];
    const ringWords = ['rings', ...wanted, '--group', 'factory', '--json'];
    const rings = (...args: string[]) => runHere([...ringWords, ...args], aws.environment);
    const members = (group: string) => [...(aws.fleet.groups.get(group) ?? [])].sort();

    expect((await rings('--dry-run')).json.map(({ members: count }) => count)).toEqual([2, 7, 5, 6]);
    expect(aws.fleet.groups.has('canary')).toBe(false);
    expect((await runCommand(ringWords, aws.environment)).code).toBe(0);
    expect(members('canary')).toEqual(['hall-1-gw-0', 'hall-2-gw-9']);
    expect(members('wave-1')).toHaveLength(7);
    const all = ['canary', 'wave-1', 'wave-2', 'wave-3'].flatMap(members);
    expect([...all].sort()).toEqual([...names].sort());

    const second = members('wave-2');
    expect((await rings()).json.every(({ added, removed }) => String(added) + String(removed) === '')).toBe(true);
    expect(members('wave-2')).toEqual(second);
    expect(() => assignRings(names, [parseRing('a=hall-1-gw-0'), parseRing('b=hall-1-gw-0')])).toThrow('earlier ring');
    for (const wrong of ['canary', 'canary=0%', 'canary=101%', 'can ary=5%', 'canary=a b'])
      expect(() => parseRing(wrong), wrong).toThrow('is not a ring');
  });

  it('row 111: lists 5,000 devices in pages, with few requests at a time', async () => {
    const now = seconds();
    const count = 5_000;
    // A request for each of them takes its time on a busy machine; EDGEML_FLEET_HEARTBEATS=5000 has all of them report.
    const reporting = Number(process.env['EDGEML_FLEET_HEARTBEATS'] ?? 1_200);
    for (let index = 0; index < count; index++) {
      const thing = `gateway-${String(index).padStart(6, '0')}`;
      aws.fleet.addThing(thing, 'world');
      if (index < reporting)
        putHeartbeat(aws.memoryBucket, thing, { Models: [sampleModel({ LatestInference: now - 10 })] });
    }
    const { code, json } = await fleet('--report', '--json');
    expect(code).toBe(0);
    expect(json[0]).toMatchObject({ DeviceStats: { ConnectedDeviceCount: reporting, RegisteredDeviceCount: count } });
    const lists = aws.requests.filter(
      ({ operation }) => operation === 'ListCoreDevices' || operation === 'GET /heartbeats/',
    );
    expect(lists).toHaveLength(Math.ceil(count / 100) + Math.ceil(reporting / 1000));
    expect(aws.requests).toHaveLength(lists.length + reporting);
  });
});
