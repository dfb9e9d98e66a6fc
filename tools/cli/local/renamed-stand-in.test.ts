import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { readRecipe, strippedRecipe } from '../../bundle/recipe-source.ts';
import { MemoryIo } from '../frame/io.ts';
import { runProgram } from '../program.ts';
import { lintCollection } from '../../lint/lint-collection.ts';
import { writeRenamedStandIn } from './renamed-stand-in.ts';

const OLD = 'aws.greengrass.SageMakerEdgeManager';

describe('edgeml build --edge-manager-name', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const at = (...names: string[]): string => path.join(folder.path, ...names);

  beforeEach(async () => {
    folder = await temporaryFolder();
    const { text, version } = await readRecipe('edgeml.EdgeManager');
    await mkdir(at('recipes'));
    await writeFile(at('recipes', `edgeml.EdgeManager-${version}.yaml`), strippedRecipe(text));
    await mkdir(at('artifacts', 'edgeml.EdgeManager', version), { recursive: true });
    await writeFile(at('artifacts', 'edgeml.EdgeManager', version, 'edgeml-edge-manager.zip'), 'zip');
  });
  afterEach(() => folder.remove());

  it('has the component under the old name, in every version that is pinned, and tells the agent the name', async () => {
    expect(await writeRenamedStandIn(folder.path, OLD, ['1.1.0', '1.3.6', '1.1.0'])).toEqual(['1.1.0', '1.3.6']);

    const recipe = await readFile(at('recipes', `${OLD}-1.1.0.yaml`), 'utf8');
    expect(recipe).toContain(`ComponentName: ${OLD}\nComponentVersion: '1.1.0'\n`);
    expect(recipe).toContain(`await-socket.sh" "{kernel:rootPath}/work/edgeml.InferenceAgent" ${OLD}`);
    expect(recipe).not.toContain('edgeml.EdgeManager');
    const files = ['1.1.0', '1.3.6'].map((version) => at('recipes', `${OLD}-${version}.yaml`));
    expect((await lintCollection(files)).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(await readFile(at('artifacts', OLD, '1.3.6', 'edgeml-edge-manager.zip'), 'utf8')).toBe('zip');
  });

  it('leaves nothing of versions that are not wanted any more', async () => {
    await writeRenamedStandIn(folder.path, OLD, ['1.1.0']);
    expect(await writeRenamedStandIn(folder.path, OLD, [])).toEqual(['1.3.6']);

    expect(await readdir(at('artifacts', OLD))).toEqual(['1.3.6']);
    expect((await readdir(at('recipes'))).sort()).toEqual([`${OLD}-1.3.6.yaml`, 'edgeml.EdgeManager-1.3.6.yaml']);
  });

  it.each([
    ['edgeml.Other', '1.0.0', 'not a name for it'],
    ['../up', '1.0.0', 'not a name for it'],
    [OLD, '1.1', 'not a version'],
    [OLD, '../1.1.0', 'not a version'],
  ])('refuses %s in %s', async (name, version, message) => {
    await expect(writeRenamedStandIn(folder.path, name, [version])).rejects.toThrow(message);
  });

  it('says what is missing if the component itself was not built', async () => {
    await expect(writeRenamedStandIn(at('elsewhere'), OLD, [])).rejects.toThrow('edgeml.EdgeManager is not in');
  });

  it('wants a name for versions', async () => {
    const io = new MemoryIo();
    const code = await runProgram(['build', '--edge-manager-version', '1.1.0'], io, new AbortController().signal);
    expect([code, io.err]).toEqual([2, expect.stringContaining('add --edge-manager-name')]);
  });
});
