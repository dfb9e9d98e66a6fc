import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDeploymentDocument, requestFromFlags } from './read-document.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-document-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function document(content: string, name = 'deployment.yaml'): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
}

describe('readDeploymentDocument', () => {
  it('reads our own form, folders relative to the document', async () => {
    const file = await document(`
recipeDirectoryPath: build/recipes
artifactsDirectoryPath: /abs/artifacts
rootComponentVersionsToAdd: { a.A: 1.0.0 }
rootComponentsToRemove: [b.B]
componentToConfiguration: { a.A: { MERGE: { x: 1 }, RESET: [/y] } }
failureHandlingPolicy: ROLLBACK
componentUpdatePolicy: { action: SKIP_NOTIFY_COMPONENTS }
`);

    expect(await readDeploymentDocument(file)).toEqual({
      recipeDirectoryPath: path.join(folder, 'build/recipes'),
      artifactsDirectoryPath: '/abs/artifacts',
      rootComponentVersionsToAdd: { 'a.A': '1.0.0' },
      rootComponentsToRemove: ['b.B'],
      componentToConfiguration: { 'a.A': { MERGE: { x: 1 }, RESET: ['/y'] } },
      failureHandlingPolicy: 'ROLLBACK',
      componentUpdatePolicy: { action: 'SKIP_NOTIFY_COMPONENTS' },
    });
  });

  it('reads the form of the cloud', async () => {
    const file = await document(
      JSON.stringify({
        targetArn: 'arn:aws:iot:eu-west-1:1:thing/x',
        recipeDirectoryPath: 'recipes',
        components: {
          'a.A': { componentVersion: '1.0.0', configurationUpdate: { merge: '{"x": 1}', reset: ['/y'] } },
          'b.B': { componentVersion: '2.0.0' },
        },
        deploymentPolicies: {
          failureHandlingPolicy: 'ROLLBACK',
          componentUpdatePolicy: { action: 'NOTIFY_COMPONENTS', timeoutInSeconds: 30 },
        },
      }),
      'd.json',
    );

    expect(await readDeploymentDocument(file)).toEqual({
      recipeDirectoryPath: path.join(folder, 'recipes'),
      rootComponentVersionsToAdd: { 'a.A': '1.0.0', 'b.B': '2.0.0' },
      componentToConfiguration: { 'a.A': { MERGE: { x: 1 }, RESET: ['/y'] } },
      failureHandlingPolicy: 'ROLLBACK',
      componentUpdatePolicy: { action: 'NOTIFY_COMPONENTS', timeoutInSeconds: 30 },
    });
  });

  it('names everything that is wrong', async () => {
    const file = await document(`
rootComponentVersionsToAdd: { 'a A': 1.0.0, b.B: newest }
failureHandlingPolicy: RETRY
color: red
`);

    await expect(readDeploymentDocument(file)).rejects.toMatchObject({
      code: 'deployment.invalid',
      facts: {
        problems: [
          expect.stringContaining('/rootComponentVersionsToAdd/a A: '),
          expect.stringContaining('/rootComponentVersionsToAdd/b.B: "newest" is not a version range'),
          expect.stringContaining('/failureHandlingPolicy: '),
          expect.stringContaining('color'),
        ],
      },
    });
  });

  it('names the file that it cannot read', async () => {
    await expect(readDeploymentDocument(path.join(folder, 'none.json'))).rejects.toThrow(/none\.json cannot be read/);
    await expect(readDeploymentDocument(await document('{'))).rejects.toMatchObject({ code: 'deployment.unreadable' });
  });
});

describe('requestFromFlags', () => {
  it('reads what greengrass-cli takes', async () => {
    const file = await document('{"a.A": {"MERGE": {"x": 1}}}', 'c.json');
    const flags = { recipeDir: '/r', artifactDir: '/a', merge: ['a.A=1.0.0', 'b.B=2.0.0'], remove: ['c.C'] };

    expect(
      await requestFromFlags({ ...flags, updateConfig: file, groupId: 'g', failureHandlingPolicy: 'DO_NOTHING' }),
    ).toEqual({
      recipeDirectoryPath: '/r',
      artifactsDirectoryPath: '/a',
      rootComponentVersionsToAdd: { 'a.A': '1.0.0', 'b.B': '2.0.0' },
      rootComponentsToRemove: ['c.C'],
      componentToConfiguration: { 'a.A': { MERGE: { x: 1 } } },
      groupName: 'g',
      failureHandlingPolicy: 'DO_NOTHING',
    });
    expect(await requestFromFlags({ updateConfig: '{"a.A": {"RESET": [""]}}' })).toEqual({
      componentToConfiguration: { 'a.A': { RESET: [''] } },
    });
  });

  it.each([
    [{ merge: ['a.A'] }, '"a.A" should be a name and a version'],
    [{ merge: ['=1.0.0'] }, 'should be a name and a version'],
    [{ updateConfig: '{x' }, 'is not JSON'],
    [{ groupId: 'a:b' }, 'may not hold a colon'],
    [{ failureHandlingPolicy: 'x' }, '/failureHandlingPolicy'],
  ])('refuses %j', async (flags, message) => {
    await expect(requestFromFlags(flags)).rejects.toThrow(message);
  });
});
