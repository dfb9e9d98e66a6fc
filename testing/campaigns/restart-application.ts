import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sleep, systemClock } from '#packages/foundation';
import { buildForThisMachine } from '../../tools/bundle/host-build.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { writeRenamedStandIn } from '../../tools/cli/local/renamed-stand-in.ts';
import { staticCredentials } from '../../tools/local-core/credentials/provider.ts';
import { LocalCore } from '../../tools/local-core/local-core.ts';
import { AGENT, deviceFolder } from '../device/collection.ts';
import { adder, bareModel } from '../edge-manager/models.ts';
import { PATIENCE_MS } from '../patience.ts';
import { Random } from '../vision/fuzz/random.ts';
import type { CampaignOptions, CampaignResult } from './campaign.ts';
import { unless } from './campaign.ts';

const APPLICATION = 'com.example.WindTurbine';
const OLD_NAME = 'aws.greengrass.SageMakerEdgeManager';
/** As recipes pin it. */
const OLD_VERSION = '1.1.0';
const PROGRAM = path.join(PROJECT, 'testing/edge-manager/wind-turbine.ts');
const MODELS = ['anomaly', 'vibration'];
/** Answers of an agent that is away or ends just then: the application is started again. */
const AWAY = /UNAVAILABLE|the agent is ending/;
/** Longer than agent and application take to be back on a fast machine: some moments lie before that, some after. */
const LONGEST_PAUSE_MS = 4_000;

export interface RestartOptions extends CampaignOptions {
  /** Puts what is unpacked already into the root folder of the core. */
  readonly prepare?: (root: string) => Promise<void>;
}

/**
 * An application written for Edge Manager, deployed with a recipe that names the old component, and its agent restarted again and
 * again at random moments, the application with it.
 */
export async function restartApplication(options: RestartOptions): Promise<CampaignResult> {
  const { seed, times, signal, onProgress } = options;
  const random = new Random(seed);
  const folder = await deviceFolder();
  const root = path.join(folder, 'core');
  await options.prepare?.(root);
  const core = await LocalCore.start({ root, tokenExchange: { provider: staticCredentials(systemClock) } });
  const broken = new Set<string>();
  const lines: string[] = [];
  core.onState(({ component, to }) => void (to === 'BROKEN' && broken.add(component)));
  core.onLine(({ component, text }) => void (component === APPLICATION && lines.push(text)));
  const count = (start: string): number => lines.filter((line) => line.startsWith(start)).length;
  try {
    await deploy(core, folder);
    const predicts = (from: number) =>
      until(core, () => broken.size > 0 || lines.slice(from).includes(`PREDICTED ${MODELS.at(-1)}`));
    await predicts(0);
    let restartedAt = 0;
    for (let restart = 1; restart <= times && broken.size === 0; restart++) {
      onProgress(`restart ${restart} of ${times}`);
      await core.nucleus.restart(AGENT);
      restartedAt = lines.length;
      await sleep(systemClock, random.below(LONGEST_PAUSE_MS), signal);
    }
    await predicts(restartedAt);
    const refused = lines.filter((line) => line.startsWith('LOAD-FAILED') && !AWAY.test(line));
    const [notLoaded, wrong] = [count('LOAD-FAILED'), count('WRONG')];
    return {
      report: { seed, restarts: times, broken: [...broken], loaded: count('LOADED'), notLoaded, wrong },
      faults: unless(
        [broken.size === 0, `BROKEN: ${[...broken].join(', ')}`],
        [refused.length === 0, `models were refused: ${refused[0] ?? ''}`],
        [wrong === 0, `${wrong} answers were wrong`],
      ),
      tooSlow: [],
    };
  } finally {
    await core.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The collection with the component under its old name, then the application, whose recipe depends on that. */
async function deploy(core: LocalCore, folder: string): Promise<void> {
  const build = path.join(folder, 'build');
  await buildForThisMachine({ output: build });
  await writeRenamedStandIn(build, OLD_NAME, [OLD_VERSION]);
  const [models] = await Promise.all([
    Promise.all(MODELS.map(async (name) => `${name}=${await bareModel(path.join(folder, name), adder(1), name)}`)),
    mkdir(path.join(folder, 'recipes')),
  ]);
  await writeFile(path.join(folder, 'recipes', `${APPLICATION}-1.0.0.yaml`), recipeOf(models));
  await deployed(core, {
    recipeDirectoryPath: path.join(build, 'recipes'),
    artifactsDirectoryPath: path.join(build, 'artifacts'),
    rootComponentVersionsToAdd: { [OLD_NAME]: OLD_VERSION },
    componentToConfiguration: { [OLD_NAME]: { MERGE: { UnixSocketName: path.join(folder, 'edge.sock') } } },
  });
  await deployed(core, {
    recipeDirectoryPath: path.join(folder, 'recipes'),
    rootComponentVersionsToAdd: { [APPLICATION]: '1.0.0' },
  });
}

function recipeOf(models: readonly string[]): string {
  return `
RecipeFormatVersion: '2020-01-25'
ComponentName: ${APPLICATION}
ComponentVersion: 1.0.0
ComponentDependencies:
  ${OLD_NAME}: { VersionRequirement: ${OLD_VERSION}, DependencyType: HARD }
Manifests:
  - Platform: { os: linux }
    Lifecycle:
      Run: exec "${process.execPath}" --import "${import.meta.resolve('tsx')}" "${PROGRAM}" {${OLD_NAME}:configuration:/UnixSocketName} ${models.join(' ')}
`;
}

async function deployed(core: LocalCore, request: Parameters<LocalCore['deploy']>[0]): Promise<void> {
  const outcome = await core.deploy(request);
  if (outcome.status !== 'SUCCEEDED') throw new Error(`the deployment ended as ${JSON.stringify(outcome)}`);
}

/** Looks after every line and every change of a state. */
function until(core: LocalCore, holds: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const tooLong = (): void => end(() => reject(new Error('the application did not come back')));
    const timer = setTimeout(tooLong, PATIENCE_MS);
    const look = (): void => {
      if (holds()) end(resolve);
    };
    const stops = [core.onLine(look), core.onState(look)];
    const end = (then: () => void): void => {
      clearTimeout(timer);
      for (const stop of stops) stop();
      then();
    };
    look();
  });
}
