import path from 'node:path';
import { COMPONENT_SCHEMAS } from '../bundle/component-schemas.ts';
import { isPlainObject } from '../recipe/recipe.ts';
import type { ProjectFile, Settings } from './project-file.ts';
import { APP, settingsOf } from './settings-of.ts';

/** Components of every project, models aside. */
const BASE = ['edgeml.Runtime', 'edgeml.InferenceAgent', APP] as const;

/** A component of a model, as packaging has made it. */
interface ModelComponent {
  readonly component: string;
  readonly version: string;
}

export interface DeploymentParts {
  /** One for each model of the file. */
  readonly models: readonly ModelComponent[];
  /** Version of a component of the collection. */
  readonly versionOf: (component: string) => string;
  /**
   * Where the deployment goes: `here`, so that relative paths of sources are those of the file, or to another `device`, whose
   * application takes them from its own work folder.
   */
  readonly target: 'here' | 'device';
}

/** A deployment document: the input of CreateDeployment without its target, which the local core and `edgeml deploy` take too. */
export interface DeploymentDocument {
  readonly components: Readonly<
    Record<
      string,
      {
        readonly componentVersion: string;
        readonly configurationUpdate?: { readonly reset: readonly string[]; readonly merge?: Settings };
      }
    >
  >;
  readonly deploymentPolicies: { readonly failureHandlingPolicy: 'ROLLBACK' };
}

/**
 * The deployment that edgeml.yaml stands for. It resets configurations first: a setting that is no longer in the file has its
 * default again.
 */
export function deploymentOf(project: ProjectFile, { models, versionOf, target }: DeploymentParts): DeploymentDocument {
  const settings = settingsOf(target === 'here' ? withAbsolutePaths(project) : project);
  const collection = [...new Set([...BASE, ...Object.keys(project.components)])];
  const entries = collection.map((name) => {
    const own = settings.get(name);
    const merge = own && Object.keys(own).length > 0 ? { merge: own } : {};
    const update = COMPONENT_SCHEMAS.has(name) ? { configurationUpdate: { reset: [''], ...merge } } : {};
    return [name, { componentVersion: versionOf(name), ...update }] as const;
  });
  return {
    components: {
      ...Object.fromEntries(entries),
      ...Object.fromEntries(models.map(({ component, version }) => [component, { componentVersion: version }])),
    },
    deploymentPolicies: { failureHandlingPolicy: 'ROLLBACK' },
  };
}

function withAbsolutePaths(project: ProjectFile): ProjectFile {
  const folder = path.dirname(project.path);
  const sources = Object.entries(project.sources).map(([name, source]) => [name, absolute(source, folder)] as const);
  return { ...project, sources: Object.fromEntries(sources) };
}

function absolute(source: Settings, folder: string): Settings {
  const { Path: where, Url: url, Credentials: login } = source;
  return {
    ...source,
    ...(typeof where === 'string' ? { Path: path.resolve(folder, where) } : {}),
    ...(typeof url === 'string' && isFile(source) ? { Url: path.resolve(folder, url) } : {}),
    ...(hasFile(login) ? { Credentials: { ...login, File: path.resolve(folder, login.File) } } : {}),
  };
}

function hasFile(login: unknown): login is { readonly File: string } {
  return isPlainObject(login) && typeof login['File'] === 'string' && login['File'] !== '';
}

/** A stream's Url that is not an address: a video file. With a Format, ffmpeg has its own names (`lavfi`, `dshow`). */
export function isFile({ Type: type, Url: url, Format: format }: Settings): boolean {
  const isStream = typeof type === 'string' && type.trim().toLowerCase() === 'stream';
  if (!isStream || typeof url !== 'string' || url === '') return false;
  return (format === undefined || format === '') && !/^[a-z][a-z0-9+.-]*:/i.test(url);
}
