import path from 'node:path';
import type { RuntimePlatform } from '../../../components/runtime/platforms.ts';
import type { Artifact } from '../artifact.ts';
import type { ComponentBuild } from '../components.ts';
import { LICENSE_INPUTS } from '../licenses/license-inputs.ts';
import { projectPaths } from '../project.ts';
import { writeZip } from '../zip/write-zip.ts';
import { withAcceleratorEntries } from './accelerator-entries.ts';
import { ACCELERATOR_SOURCES } from './wheels.ts';
import type { AcceleratorSource, Wheel } from './wheels.ts';

/** Components that are built only if somebody names them: each downloads up to 250 MB. */
export const ACCELERATOR_COMPONENTS: readonly Omit<ComponentBuild, 'folder'>[] = ACCELERATOR_SOURCES.map((source) => ({
  name: source.component,
  artifacts: (platforms) =>
    platforms.flatMap((platform) => {
      const wheel = source.wheels[platform];
      return wheel ? [acceleratorZip(source, platform, wheel)] : [];
    }),
}));

function acceleratorZip(source: AcceleratorSource, platform: RuntimePlatform, wheel: Wheel): Artifact {
  const name = `${source.zip}-${platform}.zip`;
  return {
    name,
    isSigned: true,
    inputs: [
      ...LICENSE_INPUTS,
      { path: path.join(projectPaths.components, 'runtime/link-current.sh') },
      { path: import.meta.dirname, only: /(?<!\.test)\.ts$/ },
      { text: `${wheel.name} ${wheel.sha256}` },
    ],
    make: (file, context) => {
      const { component, version } = context;
      const archive = { name, kind: 'application', component, version, platform } as const;
      const write = async (entries: Parameters<typeof writeZip>[1]): Promise<void> =>
        void (await writeZip(file, entries));
      return withAcceleratorEntries(source, wheel, archive, context, write);
    },
  };
}
