import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { COMPONENTS } from '../components.ts';
import { PROJECT } from '../project.ts';
import { readRecipe } from '../recipe-source.ts';
import type { GeneratedFile } from './generated-file.ts';

/** The component that stands for the whole collection: its gdk project is the root folder. */
const ROOT_COMPONENT = 'edgeml.InferenceApp';

/** Oldest gdk that these projects were built with. */
const GDK_VERSION = '1.6.2';

/** `gdk test-e2e`: gg-e2e-tests holds the features, which pom.xml there packs with this version of the Greengrass Testing Framework. */
const END_TO_END = {
  build: { build_system: 'maven' },
  gtf_version: '1.2.0',
  gtf_options: { tags: 'EdgeML' },
};

/**
 * gdk takes one component per project folder, with its own gdk-config.json and a recipe.yaml.
 * The recipe is a link: gdk follows it, so that recipes/ stays the only place.
 */
export async function gdkProjects(): Promise<readonly GeneratedFile[]> {
  const inFolders = await Promise.all(
    COMPONENTS.map(({ name, folder }) =>
      project(name, `components/${folder}`, ['--component', name, '--output', 'greengrass-build']),
    ),
  );
  return [...inFolders.flat(), ...(await project(ROOT_COMPONENT, '', []))];
}

async function project(name: string, folder: string, options: readonly string[]): Promise<readonly GeneratedFile[]> {
  const { version, file } = await readRecipe(name);
  const up = folder
    .split('/')
    .filter((level) => level !== '')
    .map(() => '../')
    .join('');
  const configuration = {
    component: {
      [name]: {
        author: 'EdgeML',
        version,
        build: {
          build_system: 'custom',
          custom_build_command: ['node', `${up}tools/edgeml.mjs`, 'build', '--gdk', name, ...options],
        },
        publish: { bucket: 'edgeml-components', region: 'us-east-1' },
      },
    },
    ...(folder === '' ? { 'test-e2e': END_TO_END } : {}),
    gdk_version: GDK_VERSION,
  };
  const filepath = path.join(PROJECT, folder, 'gdk-config.json');
  const style = { ...(await resolveConfig(filepath)), filepath };
  return [
    { path: path.posix.join(folder, 'gdk-config.json'), content: await format(JSON.stringify(configuration), style) },
    { path: path.posix.join(folder, 'recipe.yaml'), content: `${up}recipes/${path.basename(file)}`, link: true },
  ];
}
