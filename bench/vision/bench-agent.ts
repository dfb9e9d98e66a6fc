import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { parse } from 'yaml';
import { createAgentClient } from '#packages/http';
import type { AgentClient } from '#packages/http';
import { BundleProcess } from '../../testing/bundles/bundle-process.ts';
import { bundle } from '../../tools/bundle/bundle.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const COMPONENT = path.join(ROOT, 'components/inference-agent');

export interface BenchAgent {
  readonly process: BundleProcess;
  readonly client: AgentClient;
}

/** Bundles the agent into a folder and starts it there as a nucleus would, in the environment of its recipe. */
export async function startBenchAgent(
  folder: string,
  configuration: Readonly<Record<string, unknown>>,
): Promise<BenchAgent> {
  const work = path.join(folder, 'work');
  await mkdir(work, { recursive: true });
  for (const entry of ['agent', 'instance-worker']) {
    const { code } = await bundle(path.join(COMPONENT, `${entry}.ts`));
    await writeFile(path.join(folder, `${entry}.js`), code);
  }
  const file = path.join(work, 'configuration.json');
  await writeFile(file, JSON.stringify(configuration));
  const words = ['--configuration', file];
  const process = new BundleProcess(path.join(folder, 'agent.js'), words, work, await recipeEnvironment());
  await process.line(/"event":"agent.ready"/);
  const socketPath = path.join(work, 'agent.sock');
  return { process, client: createAgentClient({ socketPath, maxConnections: 16, timeoutMs: 120_000 }) };
}

/** What the manifest for Linux on the CPU sets; packages come from here, not from edgeml.Runtime. */
async function recipeEnvironment(): Promise<Readonly<Record<string, string>>> {
  const recipe = parse(await readFile(path.join(ROOT, 'recipes/edgeml.InferenceAgent.yaml'), 'utf8')) as Recipe;
  const manifest = recipe.Manifests.find(({ Name }) => Name === 'linux-amd64');
  if (!manifest) throw new Error('the recipe of edgeml.InferenceAgent has no manifest "linux-amd64"');
  return Object.fromEntries(Object.entries(manifest.Lifecycle.Setenv).filter(([name]) => name !== 'NODE_PATH'));
}

interface Recipe {
  readonly Manifests: readonly {
    readonly Name: string;
    readonly Lifecycle: { readonly Setenv: Readonly<Record<string, string>> };
  }[];
}
