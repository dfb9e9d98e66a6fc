import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkSpecification } from '../cloud/deployments/read-specification.ts';
import { deploymentRequest } from '../local-core/deployment/read-document.ts';
import { deploymentOf } from './deployment-of.ts';
import type { DeploymentParts } from './deployment-of.ts';
import { pathsOfThisMachine } from './paths-of-this-machine.ts';
import { checkProjectFile, readProjectFile } from './read-project-file.ts';
import { writeProjectFile } from './write-project-file.ts';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-project-'));
  file = path.join(folder, 'edgeml.yaml');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const STREET = { models: { Street: { source: 'street.onnx' } } };
const parts = (target: DeploymentParts['target']): DeploymentParts => ({
  models: [{ component: 'edgeml.model.Street', version: '1.2.0' }],
  versionOf: () => '1.0.0',
  target,
});
const refusal = (document: unknown): string => {
  try {
    checkProjectFile(document, '/project/edgeml.yaml');
    return '';
  } catch (error) {
    expect(error).toMatchObject({ code: 'project-file.invalid' });
    return (error as Error).message;
  }
};

describe('deploymentOf', () => {
  it('deploys the collection and the models, and configures what the file says after resetting what was', () => {
    const project = checkProjectFile(
      {
        ...STREET,
        sources: { camera: { Type: 'stream', Url: 'rtsp://camera/1', Services: ['Street'] } },
        services: { Street: { MLFeedbackConnectorConfigId: 'street' } },
        components: {
          'edgeml.FeedbackUploader': null,
          'edgeml.InferenceAgent': { LogLevel: 'debug' },
          'edgeml.InferenceApp': { Annotate: { Enabled: false } },
        },
      },
      file,
    );
    expect(deploymentOf(project, parts('here'))).toEqual({
      components: {
        'edgeml.Runtime': { componentVersion: '1.0.0' },
        'edgeml.InferenceAgent': {
          componentVersion: '1.0.0',
          configurationUpdate: { reset: [''], merge: { LogLevel: 'debug' } },
        },
        'edgeml.InferenceApp': {
          componentVersion: '1.0.0',
          configurationUpdate: {
            reset: [''],
            merge: {
              Annotate: { Enabled: false },
              Sources: {
                images: { Enabled: false },
                camera: { Type: 'stream', Url: 'rtsp://camera/1', Services: ['Street'] },
              },
              Services: { Street: { MLFeedbackConnectorConfigId: 'street' } },
            },
          },
        },
        'edgeml.FeedbackUploader': { componentVersion: '1.0.0', configurationUpdate: { reset: [''] } },
        'edgeml.model.Street': { componentVersion: '1.2.0' },
      },
      deploymentPolicies: { failureHandlingPolicy: 'ROLLBACK' },
    });
  });

  it('makes paths absolute for this machine, and leaves them to the device otherwise', () => {
    const project = checkProjectFile(
      {
        ...STREET,
        sources: {
          photos: { Type: 'folder', Path: 'photos' },
          clip: { Type: 'stream', Url: 'clip.mp4' },
          camera: { Type: 'stream', Url: '/dev/video0' },
          gate: { Type: 'stream', Url: 'rtsp://gate/1', Credentials: { File: 'login.json' } },
          test: { Type: 'stream', Url: 'testsrc2', Format: 'lavfi' },
          web: { Type: 'http', Url: 'http://camera/picture.jpg' },
        },
      },
      file,
    );
    const sourcesOf = (target: DeploymentParts['target']) =>
      deploymentOf(project, parts(target)).components['edgeml.InferenceApp']!.configurationUpdate!.merge!['Sources'];
    expect(sourcesOf('here')).toMatchObject({
      photos: { Path: path.join(folder, 'photos') },
      clip: { Url: path.join(folder, 'clip.mp4') },
      camera: { Url: '/dev/video0' },
      gate: { Credentials: { File: path.join(folder, 'login.json') } },
      test: { Url: 'testsrc2' },
      web: { Url: 'http://camera/picture.jpg' },
    });
    expect(sourcesOf('device')).toMatchObject({ photos: { Path: 'photos' }, clip: { Url: 'clip.mp4' } });
    expect(pathsOfThisMachine(project)).toEqual([
      'sources/photos reads photos below the work folder of edgeml.InferenceApp on the device',
      'sources/clip reads clip.mp4 below the work folder of edgeml.InferenceApp on the device',
      'sources/camera reads /dev/video0 on the device',
      'sources/gate reads login.json below the work folder of edgeml.InferenceApp on the device',
    ]);
  });

  it('gives what the cloud and the local core both take, and says of each setting what the file says', () => {
    const source = fc.oneof(
      fc.record({ Type: fc.constant('folder'), Path: fc.constantFrom('/a', '/b c') }),
      fc.record({ Type: fc.constant('stream'), Url: fc.constant('rtsp://c/1'), FramesPerSecond: fc.nat(30) }),
      fc.record({ Type: fc.constant('http'), Url: fc.webUrl(), Services: fc.constant(['Street']) }),
    );
    const names = fc.stringMatching(/^[A-Za-z0-9]{1,8}$/);
    const agent = fc.record({ LogLevel: fc.constantFrom('debug', 'warn') }, { requiredKeys: [] });
    const documents = fc.record({
      sources: fc.dictionary(names, source, { maxKeys: 4 }),
      components: fc.record(
        { 'edgeml.InferenceAgent': agent, 'edgeml.FeedbackUploader': fc.constant(null) },
        { requiredKeys: [] },
      ),
    });
    fc.assert(
      fc.property(documents, ({ sources, components }) => {
        const document = deploymentOf(checkProjectFile({ ...STREET, sources, components }, file), parts('here'));
        const cloud = checkSpecification(document, 'test');
        const local = deploymentRequest(document, folder);
        const app = JSON.parse(cloud.components['edgeml.InferenceApp']!.configurationUpdate!.merge!) as object;
        expect(app).toEqual({ Sources: { images: { Enabled: false }, ...sources } });
        expect(local.componentToConfiguration?.['edgeml.InferenceApp']).toEqual({ MERGE: app, RESET: [''] });
        expect(Object.keys(local.rootComponentVersionsToAdd ?? {}).sort()).toEqual(
          Object.keys(cloud.components).sort(),
        );
        for (const name of [...Object.keys(components), 'edgeml.Runtime', 'edgeml.model.Street'])
          expect(cloud.components).toHaveProperty([name]);
        const given = components['edgeml.InferenceAgent'] ?? {};
        const merge = cloud.components['edgeml.InferenceAgent']!.configurationUpdate?.merge;
        expect(JSON.parse(merge ?? '{}')).toEqual(given);
      }),
      { numRuns: 60, seed: 3 },
    );
  });
});

describe('readProjectFile', () => {
  it('names the file that is missing, and the line that is not YAML', async () => {
    await expect(readProjectFile(path.join(folder, 'none.yaml'))).rejects.toMatchObject({
      code: 'project-file.missing',
      message: `there is no ${path.join(folder, 'none.yaml')}`,
    });
    const broken = path.join(folder, 'broken.yaml');
    await writeFile(broken, 'models:\n  Street: {source: street.onnx\nsources: {}\n');
    await expect(readProjectFile(broken)).rejects.toMatchObject({
      code: 'project-file.unreadable',
      message: expect.stringMatching(/broken\.yaml is not YAML: .* at line 3/) as string,
    });
  });

  it('says all that is wrong at once, where it stands, with the nearest name', () => {
    const message = refusal({
      ...STREET,
      modles: {},
      sources: {
        camera: { Type: 'stream', Urls: 'rtsp://camera/1', Services: ['Stret'] },
        photos: { Type: 'folder', InferenceInterval: 'often' },
      },
      services: { Other: {} },
      components: { 'edgeml.InferenceAgent': { LogLvel: 'debug' }, 'edgeml.Uploader': {} },
    });
    expect(message.replace(/^.* is not valid: /, '').split('; ')).toEqual([
      '/modles: is not known here',
      'did you mean models?',
      expect.stringMatching(/^\/components\/edgeml\.Uploader: is not a component of the collection$/),
      expect.stringMatching(/^there are edgeml\.Runtime, .*edgeml\.InferenceApp/),
      '/components/edgeml.InferenceAgent/LogLvel: is not a setting',
      'did you mean LogLevel?',
      expect.stringMatching(/^\/sources\/camera\/Url: a source of Type stream needs/),
      '/sources/photos/InferenceInterval: expected a number, got "often"',
      '/sources/camera/Urls: is not a setting',
      'did you mean Url?',
      '/sources/camera/Services: there is no model "Stret"',
      'did you mean Street?',
      '/services/Other: there is no model "Other"',
      'models are Street',
    ]);
  });

  it.each([
    ['has no model', {}, '/models: does not hold a model'],
    ['names a model as no component can be named', { models: { 'my model': { source: 'a' } } }, '/models/my model'],
    [
      'gives a hash that is none',
      { models: { A: { source: 'a', sha256: 'abc' } } },
      '/models/A/sha256: expected a SHA-256',
    ],
    [
      'sends samples to nobody',
      { ...STREET, services: { Street: { MLFeedbackConnectorConfigId: 'street' } } },
      'nobody takes the samples: add edgeml.FeedbackUploader to components',
    ],
  ])('refuses a file that %s', (_, document, words) => {
    expect(refusal(document)).toContain(words);
  });

  it('takes the sample models of the collection as models', () => {
    const project = {
      components: { 'edgeml.model.PartsDetector': null },
      sources: { a: { Services: ['PartsDetector'] } },
    };
    expect(refusal(project)).toBe('');
  });
});

describe('writeProjectFile', () => {
  it('writes a file that editors know the schema of, and that others cannot read', async () => {
    const fresh = path.join(folder, 'fresh.yaml');
    await writeProjectFile(fresh, {
      models: { Street: { source: 'street.onnx', manifest: { input: { mean: [0, 0, 0] } } } },
      sources: { camera: { Type: 'stream', Url: 'rtsp://user:secret@camera/1', Services: ['Street'] } },
    });
    const text = await readFile(fresh, 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\S*\/schemas\/edgeml\.schema\.json\n/);
    expect(text).toContain('mean: [0, 0, 0]');
    expect((await stat(fresh)).mode & 0o777).toBe(0o600);
    expect((await readProjectFile(fresh)).sources['camera']?.['Url']).toBe('rtsp://user:secret@camera/1');
  });

  it('keeps what is there, comments included, and replaces what has the same name', async () => {
    const own = path.join(folder, 'own.yaml');
    await writeFile(
      own,
      'models:\n  # The good one.\n  Street: {source: street.onnx}\nsources:\n  photos:\n    Path: photos # of the gate\n',
    );
    await writeProjectFile(own, { models: { Street: { source: 'new.onnx' }, B: { source: 'b.onnx' } }, sources: {} });
    const text = await readFile(own, 'utf8');
    expect(text).toContain('# The good one.');
    expect(text).toContain('Path: photos # of the gate');
    expect(parse(text)).toEqual({
      models: { Street: { source: 'new.onnx' }, B: { source: 'b.onnx' } },
      sources: { photos: { Path: 'photos' } },
    });
  });

  it('writes nothing that it would refuse to read', async () => {
    const bad = path.join(folder, 'bad.yaml');
    await writeFile(bad, 'models:\n  Street: {source: street.onnx}\nsurces: {}\n');
    await expect(writeProjectFile(bad, { models: { B: { source: 'b' } }, sources: {} })).rejects.toMatchObject({
      code: 'project-file.invalid',
    });
    expect(await readFile(bad, 'utf8')).not.toContain('B:');
  });
});
