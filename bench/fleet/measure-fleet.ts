import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { CloudRig } from '../../testing/cloud/cloud-rig.ts';
import { publishSamples } from '../../testing/cloud/publish-samples.ts';
import { INDEXED, putIndexed, sampleModelState, sampleState } from '../../testing/cloud/sample-state.ts';
import { runCommand } from '../../testing/process/run-command.ts';

export interface FleetMeasurement {
  readonly what: 'fleet --report' | 'promote';
  readonly devices: number;
  /** To AWS, those for the state of the promotion in a file not among them. */
  readonly requests: number;
  /** The most memory that the process had resident. */
  readonly peakMb: number;
  readonly seconds: number;
}

/** Tells the peak of its process when that ends. */
const PROBE = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(process.env.EDGEML_PEAK_FILE, String(process.resourceUsage().maxRSS)));
`;

const GROUP = 'everywhere';

/** A report and a promotion of each size, against a stand-in for AWS. @throws Error if a command fails */
export async function measureFleet(
  sizes: readonly number[],
  signal: AbortSignal,
): Promise<readonly FleetMeasurement[]> {
  const rig = await CloudRig.open('components');
  const { aws, folder } = rig;
  try {
    await publishSamples(rig.clients, 'components', 'test.Model=1.1.0');
    await writeFile(path.join(folder, 'probe.mjs'), PROBE);
    await writeFile(path.join(folder, 'plan.json'), JSON.stringify(PLAN));
    const measured: FleetMeasurement[] = [];
    for (const devices of sizes) {
      signal.throwIfAborted();
      populate(aws, devices);
      measured.push({
        what: 'fleet --report',
        devices,
        ...(await measure(aws, folder, ['fleet', '--report', '--json'])),
      });
      const state = path.join(folder, `${devices}.json`);
      const words = ['promote', path.join(folder, 'plan.json'), '--state', state, '--every', '0.01', '--json'];
      measured.push({ what: 'promote', devices, ...(await measure(aws, folder, words)) });
    }
    return measured;
  } finally {
    await rig.close();
  }
}

const PLAN = {
  name: 'bench',
  components: { 'test.Model': { componentVersion: '1.1.0' } },
  canary: { group: GROUP },
  gate: { models: [{ name: 'PartsDetector', version: '1.1.0', provider: 'cpu', maxP95Ms: 100 }], bakeMinutes: 0 },
};

/** All devices take a deployment as soon as somebody looks at its job. */
function populate(aws: AwsStandIn, devices: number): void {
  aws.fleet.reset();
  aws.index.reset();
  aws.index.configuration = INDEXED;
  aws.fleet.readsUntilDone = 0;
  const names = Array.from({ length: devices }, (_, at) => `gateway-${at}`);
  for (const name of names) aws.fleet.addThing(name, GROUP);
  const report = (version: string): void => {
    const models = { PartsDetector: sampleModelState({ version }) };
    const state = sampleState({ models });
    for (const thing of names) putIndexed(aws.index, { thing, groups: [GROUP], connected: true, state });
  };
  report('1.0.0');
  aws.mishap = ({ operation }) => {
    if (operation !== 'DescribeJob') return undefined;
    aws.fleet.moveOn();
    report('1.1.0');
    return undefined;
  };
}

async function measure(aws: AwsStandIn, folder: string, words: readonly string[]) {
  const peak = path.join(folder, 'peak');
  const before = aws.requests.length;
  const begun = performance.now();
  const { code, stderr } = await runCommand(words, {
    ...aws.environment,
    EDGEML_PEAK_FILE: peak,
    NODE_OPTIONS: `--import=${pathToFileURL(path.join(folder, 'probe.mjs')).href}`,
  });
  if (code !== 0) throw new Error(`edgeml ${words.join(' ')}: ${stderr}`);
  return {
    requests: aws.requests.length - before,
    peakMb: Math.round(Number(await readFile(peak, 'utf8')) / 1_024),
    seconds: Math.round((performance.now() - begun) / 100) / 10,
  };
}
