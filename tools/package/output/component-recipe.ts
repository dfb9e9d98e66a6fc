import { stringify } from 'yaml';
import { preparationOf } from '#packages/model-package';
import type { ModelManifest } from '#packages/model-package';

export interface RecipeOptions {
  readonly component: string;
  /** Range of the agent that can read the package, e.g. `>=1.0.0 <2.0.0`. */
  readonly agentRange: string;
  readonly publisher: string;
  /** The users on the device that may read the unpacked files. */
  readonly read: 'ALL' | 'OWNER';
  /** The model runs beside the one that serves its name. Default: it serves. */
  readonly role?: 'challenger';
}

/** A model takes minutes to load, warm up and test on the slowest devices. */
const STARTUP_SECONDS = '300';
const SHUTDOWN_SECONDS = '15';

/**
 * The recipe of a model's component, for every platform that the agent runs on. Its start-up hands the package to the agent
 * and fails with the agent's reason; the scripts are the agent's. Nucleus lite has no shutdown: there the agent
 * retires a model whose folder is gone.
 */
export function componentRecipe(manifest: ModelManifest, options: RecipeOptions): string {
  const words: Words = { name: manifest.name, role: options.role === 'challenger' ? ' --role challenger' : '' };
  const recipe = {
    RecipeFormatVersion: '2020-01-25',
    ComponentName: options.component,
    ComponentVersion: manifest.version,
    ComponentType: 'aws.greengrass.generic',
    ComponentDescription: descriptionOf(manifest),
    ComponentPublisher: options.publisher,
    ComponentDependencies: {
      'edgeml.InferenceAgent': { VersionRequirement: options.agentRange, DependencyType: 'HARD' },
    },
    Manifests: [
      {
        Name: 'lite',
        Platform: { os: 'linux', runtime: 'aws_nucleus_lite' },
        Lifecycle: { ...environment('/'), startup: step(activateOnLite(words), STARTUP_SECONDS) },
        ...artifacts(manifest.name, options.read),
      },
      full('linux', posix, words, options.read),
      full('darwin', posix, words, options.read),
      full('windows', windows, words, options.read),
    ],
  };
  // Nuclei read YAML 1.1, where 2020-01-25 without quotes is a date.
  return stringify(recipe, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' });
}

interface Shell {
  readonly separator: '/' | '\\';
  /** The prefix of the command, with a space behind it. */
  readonly start: string;
  readonly node: string;
}

const posix: Shell = { separator: '/', start: 'exec ', node: 'node' };
const windows: Shell = { separator: '\\', start: 'call ', node: 'node.exe' };

function full(os: string, shell: Shell, words: Words, read: RecipeOptions['read']): object {
  const { name, role } = words;
  return {
    Name: os,
    Platform: { os, runtime: '*' },
    Lifecycle: {
      ...environment(shell.separator),
      startup: step(activate(shell, words), STARTUP_SECONDS),
      shutdown: step(`${agent(shell)} retire ${name} ${unpacked(shell, name)}${role}`, SHUTDOWN_SECONDS),
    },
    ...artifacts(name, read),
  };
}

function environment(separator: string): object {
  const work = ['{kernel:rootPath}', 'work'];
  const at = (...parts: readonly string[]): string => [...work, ...parts].join(separator);
  return {
    Setenv: {
      NODE_PATH: at('edgeml.Runtime', 'current', 'node_modules'),
      EDGEML_ADMIN_SOCKET: at('edgeml.InferenceAgent', 'admin.sock'),
    },
  };
}

/** The description of the model in the scripts. */
interface Words {
  readonly name: string;
  /** With a space before it; empty for a model that serves. */
  readonly role: string;
}

function activate(shell: Shell, { name, role }: Words): string {
  return `${agent(shell)} activate ${unpacked(shell, name)}${role}`;
}

/** A unit of nucleus lite has started when it says so; lite goes on after the script, hence `exit 0`. */
function activateOnLite(words: Words): string {
  return `${activate({ ...posix, start: '' }, words)} && systemd-notify --ready && exit 0; exit 1`;
}

function unpacked({ separator }: Shell, name: string): string {
  return `"{artifacts:decompressedPath}${separator}${name}"`;
}

function agent({ separator, start, node }: Shell): string {
  const at = (...parts: readonly string[]): string => ['{kernel:rootPath}', 'work', ...parts].join(separator);
  return `${start}"${at('edgeml.Runtime', 'current', 'bin', node)}" "${at('edgeml.InferenceAgent', 'current', 'model.js')}"`;
}

function step(script: string, seconds: string): object {
  return { Script: script, Timeout: seconds };
}

function artifacts(name: string, read: RecipeOptions['read']): object {
  const uri = `s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/${name}.zip`;
  return { Artifacts: [{ Uri: uri, Unarchive: 'ZIP', Permission: { Read: read } }] };
}

function descriptionOf({ description, name, task, input, variants }: ModelManifest): string {
  if (description !== undefined) return description.replace(/\s+/g, ' ').trim().slice(0, 300);
  const precisions = [...new Set(variants.map(({ precision }) => precision))].join(', ');
  const { width, height } = input ? preparationOf(input) : {};
  const size = width === undefined || height === undefined ? '' : ` ${width} x ${height},`;
  return `${name}: ${task},${size} ${precisions}.`;
}
