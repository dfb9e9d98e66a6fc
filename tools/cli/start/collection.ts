import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { COMPONENTS } from '../../bundle/components.ts';
import { projectPaths } from '../../bundle/project.ts';
import { readRecipe } from '../../bundle/recipe-source.ts';
import type { LocalDeploymentRequest } from '../../local-core/ports.ts';
import type { SampleSet } from './samples.ts';

export const APP = 'edgeml.InferenceApp';
const AGENT = 'edgeml.InferenceAgent';
/** Only for those who bring settings of SageMaker Edge Manager along. */
const STAND_IN = 'edgeml.EdgeManager';
/** `withConsole` adds it for those who watch. */
const CONSOLE = 'edgeml.Console';

/** Folders that the application watches, below one folder. */
export interface Inbox {
  readonly scenes: string;
  readonly closeups: string;
}

export async function makeInbox(folder: string): Promise<Inbox> {
  const inbox = { scenes: folder, closeups: path.join(folder, 'closeups') };
  await mkdir(inbox.closeups, { recursive: true });
  return inbox;
}

/** The collection from greengrass-build, every component a root that can be configured; the application set to the samples and, where given, the inbox. */
export async function collectionDeployment(
  samples: readonly SampleSet[],
  inbox: Inbox | undefined,
): Promise<LocalDeploymentRequest> {
  const roots = COMPONENTS.filter(({ name }) => name !== STAND_IN && name !== CONSOLE);
  const recipes = await Promise.all(roots.map(({ name }) => readRecipe(name)));
  return {
    recipeDirectoryPath: path.join(projectPaths.output, 'recipes'),
    artifactsDirectoryPath: path.join(projectPaths.output, 'artifacts'),
    rootComponentVersionsToAdd: Object.fromEntries(recipes.map(({ name, version }) => [name, version])),
    componentToConfiguration: {
      [APP]: { MERGE: { Sources: sources(samples, inbox) } },
      // These folders hold images only: the agent reads them itself.
      [AGENT]: {
        MERGE: { ImageFolders: [...samples.map(({ folder }) => folder), ...(inbox ? [inbox.scenes] : [])] },
      },
    },
    failureHandlingPolicy: 'ROLLBACK',
    // Only --lite tells the difference: ggl-cli would leave the zips packed.
    origin: 'cloud',
  };
}

function sources(samples: readonly SampleSet[], inbox: Inbox | undefined): Readonly<Record<string, object>> {
  const once = samples.map(
    ({ source, folder, service }) => [source, { Path: folder, Mode: 'once', Services: [service] }] as const,
  );
  const watched = (folder: string, service: string): object => ({
    Path: folder,
    Mode: 'watch',
    Recursive: false,
    Services: [service],
  });
  return {
    // The recipe's own source.
    images: { Enabled: false },
    ...Object.fromEntries(once),
    ...(inbox
      ? { inbox: watched(inbox.scenes, 'PartsDetector'), 'inbox-closeups': watched(inbox.closeups, 'PartsClassifier') }
      : {}),
  };
}
