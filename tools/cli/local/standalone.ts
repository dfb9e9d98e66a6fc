import { chmod, cp, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { RuntimePlatform } from '../../../components/runtime/platforms.ts';
import { projectPaths } from '../../bundle/project.ts';
import { unzip } from '../../local-core/store/unzip.ts';

const PROGRAM = 'sagemaker_edge_agent_binary';

/**
 * The agent for devices without Greengrass: one folder per platform of Linux, with the program that the old agent's unit files and
 * containers start, the runtime that it needs, a unit for systemd and a container file.
 *
 * @param build folder with the artifacts of edgeml.InferenceAgent and edgeml.Runtime
 * @param target written again
 */
export async function writeStandalone(
  build: string,
  target: string,
  platforms: readonly RuntimePlatform[],
): Promise<void> {
  await rm(target, { recursive: true, force: true });
  for (const platform of platforms.filter((name) => name.startsWith('linux'))) {
    const folder = path.join(target, platform);
    await mkdir(folder, { recursive: true });
    await cp(path.join(projectPaths.components, 'edge-manager', 'standalone'), folder, { recursive: true });
    await unzip(await artifact(build, 'edgeml.InferenceAgent', 'edgeml-agent.zip'), path.join(folder, 'agent'));
    await unzip(
      await artifact(build, 'edgeml.Runtime', `edgeml-runtime-${platform}.zip`),
      path.join(folder, 'runtime'),
    );
    // The archives keep no permissions.
    for (const program of [PROGRAM, 'runtime/bin/node']) await chmod(path.join(folder, program), 0o755);
  }
}

/** The build holds one version of each component. */
async function artifact(build: string, component: string, file: string): Promise<string> {
  const folder = path.join(build, 'artifacts', component);
  const [version = ''] = await readdir(folder);
  return path.join(folder, version, file);
}
