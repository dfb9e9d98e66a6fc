import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSpecification } from '../cloud/deployments/read-specification.ts';
import { readDeploymentDocument } from '../local-core/deployment/read-document.ts';
import { MemoryIo } from './frame/io.ts';
import { runProgram } from './program.ts';

const APP = 'edgeml.InferenceApp';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-settings-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const document = async (content: object): Promise<string> => {
  const file = path.join(folder, 'deployment.json');
  await writeFile(file, JSON.stringify(content));
  return file;
};

async function run(...args: string[]): Promise<{ readonly code: number; readonly err: string }> {
  const io = new MemoryIo();
  const code = await runProgram(args, io, new AbortController().signal);
  return { code, err: io.err };
}

const inCloudForm = (configurationUpdate: object) => ({
  components: { [APP]: { componentVersion: '1.0.0', configurationUpdate } },
});
const inLocalForm = (update: object) => ({
  rootComponentVersionsToAdd: { [APP]: '1.0.0' },
  componentToConfiguration: { [APP]: update },
  failureHandlingPolicy: 'DO_NOTHING',
});

describe('a deployment document', () => {
  it.each([
    ['of the cloud', inCloudForm({ merge: { a: 1 }, reset: ['/b'] })],
    ['of the cloud, in capitals', inCloudForm({ MERGE: { a: 1 }, RESET: ['/b'] })],
    ['of a local deployment', inLocalForm({ MERGE: { a: 1 }, RESET: ['/b'] })],
    ['of a local deployment, in small letters', inLocalForm({ merge: { a: 1 }, reset: ['/b'] })],
  ])('%s is one for both', async (_, content) => {
    const file = await document(content);
    expect(await readDeploymentDocument(file)).toMatchObject({
      rootComponentVersionsToAdd: { [APP]: '1.0.0' },
      componentToConfiguration: { [APP]: { MERGE: { a: 1 }, RESET: ['/b'] } },
    });
    expect((await readSpecification(file)).components).toEqual({
      [APP]: { componentVersion: '1.0.0', configurationUpdate: { merge: '{"a":1}', reset: ['/b'] } },
    });
  });

  it.each([
    [inCloudForm({ MERGEE: {} }), 'did you mean merge?'],
    [inLocalForm({ MERGEE: {} }), 'did you mean'],
    [{ ...inLocalForm({}), rootComponentVersionToAdd: {} }, 'rootComponentVersionToAdd'],
    [inCloudForm({ merge: { TimeoutSecond: 5 } }), 'have a setting /TimeoutSecond; did you mean TimeoutSeconds?'],
    [inLocalForm({ MERGE: '{"Typo": 5}' }), 'have a setting /Typo'],
  ])('with a key that nobody knows deploys nowhere: %j', async (content, message) => {
    const file = await document(content);
    for (const words of [
      ['deploy', '--thing', 'gate-7', '--dry-run'],
      ['local', 'deploy', '--root', folder],
    ])
      expect(await run(...words, '--document', file)).toMatchObject({
        code: 1,
        err: expect.stringContaining(message) as string,
      });
  });
});
