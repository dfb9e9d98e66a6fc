import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#packages/foundation';
import { projectPaths } from '../../tools/bundle/project.ts';
import { staticCredentials } from '../../tools/local-core/credentials/provider.ts';
import { LocalCore } from '../../tools/local-core/local-core.ts';
import { providedRuntime } from '../../testing/device/built-collection.ts';
import { deviceFolder } from '../../testing/device/collection.ts';

const APPLICATION = 'com.example.WindTurbine';

/** Ends with an error if it cannot connect when it starts, as applications do that open their channel once. */
const RECIPE = `
RecipeFormatVersion: '2020-01-25'
ComponentName: ${APPLICATION}
ComponentVersion: 1.0.0
ComponentDependencies:
  edgeml.EdgeManager: { VersionRequirement: '>=1.0.0', DependencyType: HARD }
Manifests:
  - Platform: { os: linux }
    Lifecycle:
      Run: >-
        exec "${process.execPath}" -e
        "require('net').connect('{edgeml.EdgeManager:configuration:/UnixSocketName}')
        .on('connect', () => { console.log('CONNECTED'); setInterval(() => 0, 60000) })
        .on('error', (error) => { console.log(String(error)); process.exit(1) })"
`;

describe('an application that connects once, when it starts', () => {
  let folder: string;
  let core: LocalCore;
  const collection = {
    recipeDirectoryPath: path.join(projectPaths.output, 'recipes'),
    artifactsDirectoryPath: path.join(projectPaths.output, 'artifacts'),
  };
  const deploy = (socket: string, application: boolean) =>
    core.deploy({
      ...(application ? { recipeDirectoryPath: path.join(folder, 'recipes') } : collection),
      rootComponentVersionsToAdd: application ? { [APPLICATION]: '1.0.0' } : { 'edgeml.EdgeManager': '1.3.6' },
      componentToConfiguration: { 'edgeml.EdgeManager': { MERGE: { UnixSocketName: path.join(folder, socket) } } },
    });

  beforeAll(async () => {
    folder = await deviceFolder();
    await providedRuntime(path.join(folder, 'core'));
    core = await LocalCore.start({
      root: path.join(folder, 'core'),
      tokenExchange: { provider: staticCredentials(systemClock) },
    });
    await mkdir(path.join(folder, 'recipes'));
    await writeFile(path.join(folder, 'recipes', `${APPLICATION}-1.0.0.yaml`), RECIPE);
  });
  afterAll(async () => {
    await core.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const log = (name: string) =>
    readFile(path.join(core.root, 'logs', `${name}.log`), 'utf8').catch(() => `no log of ${name}`);

  it('finds the socket, in one deployment with the agent and on a device whose agent already runs', async () => {
    // The agent alone: nobody has asked for its clients yet.
    const alone = await core.deploy({
      ...collection,
      rootComponentVersionsToAdd: { 'edgeml.InferenceAgent': '1.0.0' },
    });
    expect(alone).toMatchObject({ status: 'SUCCEEDED' });
    expect(await deploy('first.sock', false), await log('edgeml.EdgeManager')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await deploy('first.sock', true), await log(APPLICATION)).toMatchObject({ status: 'SUCCEEDED' });
    await expect.poll(() => log(APPLICATION)).toContain('CONNECTED');
    // Another socket for both: the application is started again once the new one listens.
    expect(await deploy('second.sock', true), await log(APPLICATION)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await log(APPLICATION)).not.toContain('Error');
  });
});
