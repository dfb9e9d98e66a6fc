import { systemClock } from '#packages/foundation';

import type { CloudClients } from '../../tools/cloud/clients.ts';
import { readBuildFolder } from '../../tools/cloud/publishing/build-folder.ts';
import { planComponent } from '../../tools/cloud/publishing/publish-plan.ts';
import { publish } from '../../tools/cloud/publishing/publish.ts';
import { sampleBuild } from './sample-build.ts';
import type { SampleComponent } from './sample-build.ts';

/** Publishes small components, e.g. as `Name=1.0.0`, through the real commands' code. */
export async function publishSamples(
  clients: CloudClients,
  bucket: string,
  ...components: readonly (string | SampleComponent)[]
): Promise<void> {
  const build = await sampleBuild(
    ...components.map((component) => {
      if (typeof component !== 'string') return component;
      const [name = '', version = '1.0.0'] = component.split('=');
      return { name, version };
    }),
  );
  try {
    const plans = (await readBuildFolder(build.folder)).map((component) =>
      planComponent(component, { bucket, prefix: '' }),
    );
    const options = { clock: systemClock, signal: new AbortController().signal, everyMs: 1 };
    for await (const _ of publish(clients, plans, options));
  } finally {
    await build.remove();
  }
}
