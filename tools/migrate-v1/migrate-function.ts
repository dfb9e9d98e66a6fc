import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { filesBelow } from '#packages/foundation';
import { PROJECT } from '../bundle/project.ts';
import { writeZip } from '../bundle/zip/write-zip.ts';
import type { FunctionCode } from './function-code.ts';
import { accessControlOf, topicsOf } from './function-topics.ts';
import type { FunctionTopics } from './function-topics.ts';
import type { GroupSubscription, LambdaFunction } from './read-functions.ts';

export interface MigratedFunction {
  readonly component: string;
  readonly version: string;
  /** Remaining work, in sentences. */
  readonly notes: readonly string[];
}

export interface FunctionTarget {
  /** recipes/ and artifacts/ go below it. */
  readonly output: string;
  /** Of the component. */
  readonly version: string;
  readonly subscriptions: readonly GroupSubscription[] | undefined;
}

const PYTHON_CLIENT = path.join(PROJECT, 'clients/python');
const OUR_PACKAGES = ['edgeml_sdk', 'greengrasssdk', 'greengrass_machine_learning_sdk'];
const ARCHIVE = 'function.zip';
/** Parsers of YAML 1.1 take some plain words for dates, numbers or booleans. */
const QUOTED = { defaultStringType: 'QUOTE_SINGLE', defaultKeyType: 'PLAIN' } as const;
/** Where nucleus and recipes unpack it. */
const UNPACKED = '{artifacts:decompressedPath}/function';

/** Writes the component around a function's code, which stays as it is: `lambda.<name>`. */
export async function migrateFunction(
  one: LambdaFunction,
  code: FunctionCode,
  { output, version, subscriptions }: FunctionTarget,
): Promise<MigratedFunction> {
  const component = `lambda.${one.name}`;
  const topics = topicsOf(one, subscriptions);
  await writeZip(path.join(output, 'artifacts', component, version, ARCHIVE), await entriesOf(code));
  const recipes = path.join(output, 'recipes');
  await mkdir(recipes, { recursive: true });
  const recipe = stringify(recipeOf(component, version, one, code, topics), { lineWidth: 0, ...QUOTED });
  await writeFile(path.join(recipes, `${component}-${version}.yaml`), recipe);
  return { component, version, notes: [...topics.notes, ...notesOf(one, code, topics)] };
}

async function entriesOf({ folder, files }: FunctionCode) {
  const ours = await Promise.all(
    OUR_PACKAGES.map(async (name) => {
      const below = await filesBelow(path.join(PYTHON_CLIENT, name));
      return below.filter((file) => file.endsWith('.py')).map((file) => path.join(name, file));
    }),
  );
  const entry = (top: string, from: string) => (file: string) => ({
    path: `${top}/${file.split(path.sep).join('/')}`,
    content: { file: path.join(from, file) },
  });
  return [...files.map(entry('code', folder)), ...ours.flat().map(entry('edgeml', PYTHON_CLIENT))];
}

function recipeOf(
  component: string,
  version: string,
  one: LambdaFunction,
  code: FunctionCode,
  topics: FunctionTopics,
): object {
  const work = '{kernel:rootPath}/work';
  const agent = { VersionRequirement: '>=1.0.0 <2.0.0', DependencyType: 'SOFT' };
  return {
    RecipeFormatVersion: '2020-01-25',
    ComponentName: component,
    ComponentVersion: version,
    ComponentType: 'aws.greengrass.generic',
    ComponentDescription: `The Lambda function ${one.name} of Greengrass V1.`,
    ComponentPublisher: 'edgeml migrate-v1',
    ...(code.usesModels ? { ComponentDependencies: { 'edgeml.InferenceAgent': agent } } : {}),
    ComponentConfiguration: { DefaultConfiguration: { accessControl: accessControlOf(component, topics) } },
    Manifests: [
      {
        Platform: { os: 'linux', runtime: '*' },
        Lifecycle: {
          Setenv: {
            ...one.variables,
            PYTHONPATH: [`${UNPACKED}/edgeml`, one.variables['PYTHONPATH']].filter(Boolean).join(':'),
            EDGEML_V1_FUNCTION: one.name,
            EDGEML_V1_FUNCTION_ARN: one.arn,
            EDGEML_V1_FUNCTION_VERSION: one.version,
            EDGEML_V1_PINNED: String(one.pinned),
            EDGEML_V1_ENCODING: one.encoding,
            EDGEML_V1_TIMEOUT_SECONDS: String(one.timeoutSeconds),
            EDGEML_V1_EVENTS: JSON.stringify(topics.events),
            ...(topics.routes ? { EDGEML_V1_ROUTES: JSON.stringify(topics.routes) } : {}),
            ...(code.usesModels
              ? {
                  EDGEML_AGENT_SOCKET: `${work}/edgeml.InferenceAgent/agent.sock`,
                  EDGEML_FEEDBACK_SOCKET: `${work}/edgeml.FeedbackUploader/feedback.sock`,
                }
              : {}),
          },
          run: `exec python3 -u -m edgeml_sdk.v1.run "${UNPACKED}/code" ${code.handler}`,
        },
        Artifacts: [
          {
            Uri: `s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/${ARCHIVE}`,
            Unarchive: 'ZIP',
            Permission: { Read: 'ALL' },
          },
        ],
      },
    ],
  };
}

function notesOf(
  { name, resources, pinned }: LambdaFunction,
  code: FunctionCode,
  topics: FunctionTopics,
): readonly string[] {
  return [
    ...(code.leftOut.length > 0
      ? [`${name}: ${code.leftOut.join(', ')} beside its code is left out; modules of the same names take its place.`]
      : []),
    ...(resources.length > 0
      ? [
          `${name}: the resources ${resources.join(', ')} are not there any more. A model that it asks for through the ML SDK becomes a model component; files that it opens itself go into its code.`,
        ]
      : []),
    ...(!pinned && topics.routes !== undefined && topics.events.length === 0
      ? [`${name}: no subscription leads to it, so that nothing would ever call it; it ends at once.`]
      : []),
    `${name}: python3 of the device needs the packages that it imports, and runs it as the user of components, without the container of V1.`,
  ];
}
