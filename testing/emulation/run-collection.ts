import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createAgentClient } from '#packages/http';
import type { ResultMessage } from '#packages/http';
import type { RuntimePlatform } from '../../components/runtime/platforms.ts';
import { buildComponents } from '../../tools/bundle/build.ts';
import { collectionDeployment } from '../../tools/cli/start/collection.ts';
import { onResults, SampleTally } from '../../tools/cli/start/result-stream.ts';
import { stageSamples } from '../../tools/cli/start/samples.ts';
import { LocalCore } from '../../tools/local-core/local-core.ts';
import type { LocalDeploymentRequest } from '../../tools/local-core/ports.ts';
import { AGENT, agentSocket, APP } from '../device/collection.ts';
import type { Answers } from './compare-answers.ts';

export interface CollectionRun {
  readonly platform: RuntimePlatform;
  /** For the build and the core. */
  readonly folder: string;
  /** Added to the environment of every component. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

export interface CollectionFacts {
  readonly answers: Answers;
  /** A line for each model that serves: version, file, provider, why not the first provider, confinement. */
  readonly models: readonly string[];
}

/** The processor as platform attributes of Greengrass call it. */
const ARCHITECTURES: Readonly<Partial<Record<RuntimePlatform, string>>> = {
  'linux-x64': 'amd64',
  'linux-arm64': 'aarch64',
  'linux-armv7l': 'arm',
};
const MODEL_PREFIX = 'edgeml.model.';
/** An emulated processor is 10 to 50 times slower, and this machine may be busy. */
const PATIENCE_SECONDS = 1_800;

/** Builds the collection for a platform, deploys it to a local core as such a device would, and has it answer the sample images. */
export async function runCollection({
  platform,
  folder,
  environment = {},
  say,
}: CollectionRun): Promise<CollectionFacts> {
  const output = path.join(folder, 'build');
  say(`${platform}: building`);
  await buildComponents({ platforms: [platform], output });
  const recipes = path.join(output, 'recipes');
  await allowTime(recipes);
  const root = path.join(folder, 'core');
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  const samples = await stageSamples(path.join(folder, 'samples'));
  const architecture = ARCHITECTURES[platform];
  const core = await LocalCore.start({
    root,
    environment,
    ...(architecture === undefined ? {} : { platformOverride: { os: 'linux', architecture } }),
  });
  const agent = createAgentClient({ socketPath: agentSocket(root), timeoutMs: 60_000 });
  try {
    const answers = new Map<string, ResultMessage>();
    const tally = new SampleTally(samples);
    const all = new Promise<void>((resolve) => {
      onResults(core, (result) => {
        if (!tally.take(result)) return;
        answers.set(`${result.source}/${result.image}`, result);
        if (tally.complete) resolve();
      });
    });
    const request = await collectionDeployment(samples, undefined);
    const { componentToConfiguration: settings = {}, rootComponentVersionsToAdd: roots = {} } = request;
    const deploy = async (components: readonly string[], configuration: LocalDeploymentRequest = {}): Promise<void> => {
      say(`${platform}: deploying ${components.join(', ')}`);
      const { status, error } = await core.deploy({
        ...request,
        recipeDirectoryPath: recipes,
        artifactsDirectoryPath: path.join(output, 'artifacts'),
        rootComponentVersionsToAdd: Object.fromEntries(
          Object.entries(roots).filter(([name]) => components.includes(name)),
        ),
        componentToConfiguration: {},
        ...configuration,
      });
      if (status !== 'SUCCEEDED') throw new Error(`${platform}: the deployment ended ${status}: ${error}`);
    };
    const [models, others] = [true, false].map((isModel) =>
      Object.keys(roots).filter((name) => name.startsWith(MODEL_PREFIX) === isModel),
    ) as [string[], string[]];
    const agentSettings = {
      ...(settings[AGENT]?.MERGE as object),
      LoadTimeoutSeconds: PATIENCE_SECONDS,
      LocalInferenceServiceTimeoutSeconds: PATIENCE_SECONDS,
      // Comparing thread counts takes minutes there, and tells nothing about a real processor.
      IntraOpThreads: 1,
    };
    const isOff = { Sources: { images: { Enabled: false } }, TimeoutSeconds: PATIENCE_SECONDS };
    await deploy(others, { componentToConfiguration: { [AGENT]: { MERGE: agentSettings }, [APP]: { MERGE: isOff } } });
    // One after the other, and no picture waits for one meanwhile.
    for (const model of models) await deploy([model]);
    await deploy([APP], { componentToConfiguration: { [APP]: { MERGE: settings[APP]?.MERGE } } });
    say(`${platform}: deployed; answering ${tally.total} images`);
    await within(PATIENCE_SECONDS, all, () => `${platform}: no result for ${tally.missing.join(', ')}`);
    const served = (await agent.models()).map(
      ({ name, version, variant, provider, fallbacks, confinement }) =>
        `${name} ${version}: ${variant} on ${provider}` +
        fallbacks.map((one) => `, not on ${one.provider}: ${one.reason}`).join('') +
        (confinement === undefined ? '' : `; confinement: ${confinement}`),
    );
    return { answers, models: served };
  } finally {
    agent.close();
    await core.stop();
  }
}

async function within(seconds: number, work: Promise<void>, why: () => string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(why())), 1_000 * seconds);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Gives the start-up of models the time that an emulated processor takes: half a minute for each run of PartsDetector. */
async function allowTime(recipes: string): Promise<void> {
  for (const name of await readdir(recipes)) {
    if (!name.startsWith(MODEL_PREFIX)) continue;
    const recipe = await readFile(path.join(recipes, name), 'utf8');
    const patient = recipe
      .replaceAll("Timeout: '300'", `Timeout: '${PATIENCE_SECONDS}'`)
      .replaceAll(/ activate "[^"]+"/g, `$& --timeout ${PATIENCE_SECONDS}`);
    if (patient === recipe) throw new Error(`${name} has no start-up of 300 s that could be given more time`);
    await writeFile(path.join(recipes, name), patient);
  }
}
