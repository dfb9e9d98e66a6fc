import { isPlainObject } from '../recipe/recipe.ts';
import type { ProjectFile, Settings } from './project-file.ts';

export const APP = 'edgeml.InferenceApp';
export const UPLOADER = 'edgeml.FeedbackUploader';

/** Settings by component, as their schemas take them: `sources` and `services` are the application's. */
export function settingsOf({ sources, services, components }: ProjectFile): ReadonlyMap<string, Settings> {
  const app = components[APP] ?? {};
  const own = {
    ...app,
    // The recipe's own source reads a folder that nobody fills.
    Sources: { images: { Enabled: false }, ...mapOf(app['Sources']), ...sources },
    ...(Object.keys(services).length > 0 || 'Services' in app
      ? { Services: { ...mapOf(app['Services']), ...services } }
      : {}),
  };
  return new Map(Object.entries({ ...components, [APP]: own }));
}

function mapOf(value: unknown): Settings {
  return isPlainObject(value) ? value : {};
}
