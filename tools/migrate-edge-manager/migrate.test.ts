import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { lintPaths } from '../lint/lint-paths.ts';
import { migrateDocument, parseDocument, textOf } from './migrate.ts';

const migrate = (document: unknown) => migrateDocument(document, 'file.json', '1.3.6');

const DEPLOYMENT = {
  targetArn: 'arn:aws:iot:eu-west-1:123456789012:thinggroup/plant',
  components: {
    'aws.greengrass.Nucleus': { componentVersion: '2.9.0' },
    'aws.greengrass.SageMakerEdgeManager': {
      componentVersion: '1.1.0',
      configurationUpdate: { merge: '{"DeviceFleetName":"plant-2","BucketName":"plant-data"}' },
    },
    'com.example.App': {
      componentVersion: '1.0.0',
      configurationUpdate: {
        merge: '{"Socket":"{aws.greengrass.SageMakerEdgeManager:configuration:/UnixSocketName}"}',
      },
    },
    SagemakerEdgeManagerJob7: { componentVersion: '1.0.0' },
  },
};

const RECIPE = `RecipeFormatVersion: "2020-01-25"
ComponentName: com.example.App
ComponentVersion: "1.0.0"
ComponentDependencies:
  aws.greengrass.SageMakerEdgeManager:
    VersionRequirement: "1.1.0"
    DependencyType: HARD
Manifests:
  - Platform: { os: linux }
    Lifecycle:
      Run: python3 app.py {aws.greengrass.SageMakerEdgeManager:configuration:/UnixSocketName}
`;

describe('edgeml migrate-edge-manager', () => {
  it('turns a deployment document: new name and version, the same configuration, the other components untouched', () => {
    const { kind, result, notes } = migrate(DEPLOYMENT);
    expect(kind).toBe('deployment');
    const { components } = result as typeof DEPLOYMENT;
    expect(Object.keys(components)).toEqual([
      'aws.greengrass.Nucleus',
      'edgeml.EdgeManager',
      'com.example.App',
      'SagemakerEdgeManagerJob7',
    ]);
    expect(components).toMatchObject({
      'edgeml.EdgeManager': {
        componentVersion: '1.3.6',
        configurationUpdate: DEPLOYMENT.components['aws.greengrass.SageMakerEdgeManager'].configurationUpdate,
      },
      'com.example.App': {
        configurationUpdate: { merge: '{"Socket":"{edgeml.EdgeManager:configuration:/UnixSocketName}"}' },
      },
    });
    expect(notes.join('\n')).toMatch(/SagemakerEdgeManagerJob7 looks like a component of an edge packaging job/);
  });

  it('turns a local deployment, whose configuration lies beside the versions', () => {
    const { result } = migrate({
      rootComponentVersionsToAdd: { 'aws.greengrass.SageMakerEdgeManager': '1.1.0' },
      componentToConfiguration: { 'aws.greengrass.SageMakerEdgeManager': { MERGE: { DeviceFleetName: 'plant-2' } } },
    });
    expect(result).toEqual({
      rootComponentVersionsToAdd: { 'edgeml.EdgeManager': '1.3.6' },
      componentToConfiguration: { 'edgeml.EdgeManager': { MERGE: { DeviceFleetName: 'plant-2' } } },
    });
  });

  it('turns a recipe that depends on the old component, also with a pinned version', () => {
    const migrated = migrate(parseDocument(RECIPE, 'recipe.yaml'));
    const text = textOf(migrated, false);
    expect(parseDocument(text, 'recipe.yaml')).toMatchObject({
      ComponentVersion: '1.0.0',
      ComponentDependencies: { 'edgeml.EdgeManager': { VersionRequirement: '>=1.0.0 <2.0.0', DependencyType: 'HARD' } },
      Manifests: [{ Lifecycle: { Run: 'python3 app.py {edgeml.EdgeManager:configuration:/UnixSocketName}' } }],
    });
    expect(migrated.notes.join('\n')).toMatch(/GetConfiguration.*\n.*new ComponentVersion/);
  });

  it.each([
    ['by its name', { ComponentName: 'SagemakerEdgeManagerJob7', Manifests: [] }],
    [
      'by what it does, however its keys are written',
      {
        ComponentName: 'com.model.darknet',
        manifests: [
          {
            lifecycle: { INSTALL: 'tar xf {artifacts:path}/darknet-1.0.tar.gz' },
            Artifacts: [{ URI: 's3://b/darknet-1.0.tar.gz' }],
          },
        ],
      },
    ],
  ])('knows a component of a packaging job %s, and says what goes into its archive', (_how, recipe) => {
    const { notes } = migrate({ RecipeFormatVersion: '2020-01-25', ...recipe });
    expect(notes[0]).toMatch(/edge packaging job.*Put one \.onnx file and sagemaker_edge_manifest into the archive/);
  });

  it('turns a configuration file of the bare agent', () => {
    const { kind, result, notes } = migrate({
      sagemaker_edge_core_device_fleet_name: 'plant-2',
      sagemaker_edge_core_root_certs_path: '/certs',
    });
    expect({ kind, result }).toEqual({
      kind: 'agent-file',
      result: { EdgeManager: 'on', CaptureDataDestination: 'Disk', DeviceFleetName: 'plant-2' },
    });
    expect(notes).toEqual([
      'sagemaker_edge_core_root_certs_path has no effect. In its place: TrustedKeys and SignaturePolicy.',
    ]);
  });

  it('turns a fleet into commands that make its devices known', () => {
    const { result, notes } = migrate({
      DeviceFleetName: 'plant-2',
      RoleArn: 'arn:aws:iam::123456789012:role/SageMakerEdge',
      DeviceSummaries: [
        { DeviceName: 'belt-7', IotThingName: 'belt-7' },
        { DeviceName: 'cam', IotThingName: 'belt-8', DeviceFleetName: 'plant-3' },
      ],
    });
    expect(result).toEqual([
      'edgeml provision belt-7 --group plant-2 --role-arn arn:aws:iam::123456789012:role/SageMakerEdge',
      'edgeml provision belt-8 --group plant-3 --role-arn arn:aws:iam::123456789012:role/SageMakerEdge',
    ]);
    expect(notes[0]).toBe(
      'belt-8 was registered as cam: set DeviceName to cam if captured data are to go by that name.',
    );
  });

  it('refuses what it does not know', () => {
    expect(() => migrate({ a: 1 })).toThrow(/file\.json is not a deployment document/);
    expect(() => parseDocument('a: [', 'broken.yaml')).toThrow(/neither JSON nor YAML/);
  });

  it('edgeml lint points to it in old documents, and has nothing to say of it in new ones', async () => {
    const folder = await temporaryFolder();
    const issuesOf = async (document: unknown) => {
      const file = path.join(folder.path, 'deployment.json');
      await writeFile(file, JSON.stringify(document));
      const { issues } = await lintPaths([file], [], new AbortController().signal);
      return issues.filter(({ code }) => code === 'deployment.edge-manager').map(({ fix }) => fix);
    };
    expect(await issuesOf(DEPLOYMENT)).toEqual([expect.stringContaining('edgeml migrate-edge-manager')]);
    expect(await issuesOf(migrate(DEPLOYMENT).result)).toEqual([]);
    await folder.remove();
  });
});
