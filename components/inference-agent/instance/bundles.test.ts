import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundle } from '../../../tools/bundle/bundle.ts';
import { projectPaths } from '../../../tools/bundle/project.ts';

const packagesOf = async (entry: string): Promise<readonly string[]> => {
  const { imports } = await bundle(join(projectPaths.components, 'inference-agent', entry));
  return [...imports.keys()].filter((name) => name !== '').map((name) => name.replace(/^.*node_modules\//, ''));
};

/** Each process of a model reads and compiles these bundles at its start, the first one twice, and keeps what they make. */
describe('the bundles of a model process', () => {
  it('hold no package of others before the process is confined', async () => {
    expect(await packagesOf('instance-worker.ts')).toEqual([]);
  });

  it('hold no schemas: the agent has checked the manifest', async () => {
    expect(await packagesOf('instance/serve-model.ts')).not.toContain('zod');
  });
});
