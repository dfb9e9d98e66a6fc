import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface SampleComponent {
  readonly name: string;
  readonly version?: string;
  readonly dependsOn?: readonly string[];
  /** Of `data.zip`; default: the name of the component. */
  readonly content?: string | Uint8Array;
  /** The nucleus unpacks it. */
  readonly isZip?: boolean;
  readonly description?: string;
}

export interface SampleBuild {
  readonly folder: string;
  write(component: SampleComponent): Promise<void>;
  remove(): Promise<void>;
}

/** A small build folder in the layout of gdk and greengrass-cli. */
export async function sampleBuild(...components: readonly SampleComponent[]): Promise<SampleBuild> {
  const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-publish-'));
  const write = async (component: SampleComponent): Promise<void> => {
    const { name, version = '1.0.0', dependsOn = [], content = name, description = name, isZip = false } = component;
    const artifacts = path.join(folder, 'artifacts', name, version);
    await mkdir(artifacts, { recursive: true });
    await mkdir(path.join(folder, 'recipes'), { recursive: true });
    await writeFile(path.join(artifacts, 'data.zip'), content);
    const recipe = {
      RecipeFormatVersion: '2020-01-25',
      ComponentName: name,
      ComponentVersion: version,
      ComponentType: 'aws.greengrass.generic',
      ComponentDescription: description,
      ComponentPublisher: 'Test',
      ComponentConfiguration: { DefaultConfiguration: { Threshold: 0.5, Name: 'a' } },
      ComponentDependencies: Object.fromEntries(
        dependsOn.map((other) => [other, { VersionRequirement: '^1.0.0', DependencyType: 'HARD' }]),
      ),
      Manifests: [
        {
          Platform: { os: 'linux', runtime: '*' },
          Lifecycle: { run: 'exec tail -f /dev/null' },
          Artifacts: [
            {
              Uri: 's3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/data.zip',
              Permission: { Read: 'ALL' },
              ...(isZip ? { Unarchive: 'ZIP' } : {}),
            },
          ],
        },
      ],
    };
    await writeFile(path.join(folder, 'recipes', `${name}-${version}.json`), JSON.stringify(recipe));
  };
  for (const component of components) await write(component);
  return { folder, write, remove: () => rm(folder, { recursive: true, force: true }) };
}
