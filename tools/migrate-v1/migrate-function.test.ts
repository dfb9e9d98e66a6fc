import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { MemoryIo } from '../cli/frame/io.ts';
import { runProgram } from '../cli/program.ts';
import { lintCollection } from '../lint/lint-collection.ts';
import { unzip } from '../local-core/store/unzip.ts';

const arn = (name: string): string => `arn:aws:lambda:eu-central-1:123456789012:function:${name}:7`;
const THING = 'arn:aws:iot:eu-central-1:123456789012:thing/button';

const FUNCTIONS = {
  Definition: {
    Functions: [
      {
        Id: '1',
        FunctionArn: arn('Look'),
        FunctionConfiguration: {
          Pinned: true,
          EncodingType: 'binary',
          Timeout: 30,
          Environment: {
            Variables: { LINE: '3', PYTHONPATH: 'more' },
            ResourceAccessPolicies: [{ ResourceId: 'model' }],
          },
        },
      },
      { Id: '2', FunctionArn: arn('Other') },
    ],
  },
};
const SUBSCRIPTIONS = {
  Subscriptions: [
    { Id: '1', Source: arn('Look'), Subject: 'found/#', Target: 'cloud' },
    { Id: '2', Source: arn('Look').replace(':7', ':8'), Subject: 'found/near', Target: arn('Other') },
    { Id: '3', Source: 'cloud', Subject: 'look/+', Target: arn('Look') },
    { Id: '4', Source: THING, Subject: 'pressed', Target: arn('Look') },
    { Id: '5', Source: 'cloud', Subject: 'other', Target: arn('Other') },
  ],
};

describe('edgeml migrate-v1 for functions', () => {
  let folder: string;
  const at = (...names: string[]): string => path.join(folder, ...names);
  const put = async (file: string, text: string): Promise<void> => {
    await mkdir(path.dirname(at(file)), { recursive: true });
    await writeFile(at(file), text);
  };
  const migrate = async (...words: readonly string[]) => {
    const io = new MemoryIo();
    const command = ['migrate-v1', at('functions.json'), '--output', at('out'), ...words];
    return { code: await runProgram(command, io, new AbortController().signal), io };
  };
  interface Recipe {
    readonly ComponentDependencies?: object;
    readonly ComponentConfiguration: { readonly DefaultConfiguration: { readonly accessControl: object } };
    readonly Manifests: readonly [{ readonly Lifecycle: { readonly Setenv: object; readonly run: string } }];
  }
  const recipeOf = async (name: string): Promise<Recipe> =>
    parse(await readFile(at('out/recipes', `lambda.${name}-1.0.0.yaml`), 'utf8')) as Recipe;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-functions-'));
    await put('functions.json', JSON.stringify(FUNCTIONS));
    await put('subscriptions.json', JSON.stringify(SUBSCRIPTIONS));
    await put(
      'look/look.py',
      'import greengrass_machine_learning_sdk as ml\ndef function_handler(event, context):\n  pass\n',
    );
    await put('look/below/helper.py', 'def function_handler(event, context): pass\n');
    await put('look/greengrasssdk/__init__.py', 'import greengrass_common');
    await put('look/__pycache__/look.pyc', '');
    await put('other/first.py', 'def lambda_handler(event, context): pass\n');
    await put('other/second.py', 'def lambda_handler(event, context): pass\n');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes a component around the code: topics of the group, variables, our modules in place of the old ones', async () => {
    const { code, io } = await migrate('--subscriptions', at('subscriptions.json'), '--function', `Look=${at('look')}`);

    expect([code, io.out]).toEqual([0, 'lambda.Look=1.0.0\n']);
    const recipe = await recipeOf('Look');
    expect(Object.keys(recipe.ComponentDependencies ?? {})).toEqual(['edgeml.InferenceAgent']);
    const statement = (operation: string, ...resources: string[]) => ({
      operations: [`aws.greengrass#${operation}`],
      resources,
    });
    expect(recipe.ComponentConfiguration.DefaultConfiguration.accessControl).toMatchObject({
      'aws.greengrass.ipc.mqttproxy': {
        'lambda.Look:mqttproxy:1': statement('PublishToIoTCore', 'found/*'),
        'lambda.Look:mqttproxy:2': statement('SubscribeToIoTCore', 'look/*'),
      },
      'aws.greengrass.ipc.pubsub': {
        'lambda.Look:pubsub:1': statement('PublishToTopic', 'found/near'),
        'lambda.Look:pubsub:2': statement('SubscribeToTopic', 'pressed'),
      },
    });
    const [{ Lifecycle: lifecycle }] = recipe.Manifests;
    expect(lifecycle.run).toMatch(
      /^exec python3 -u -m edgeml_sdk\.v1\.run ".*\/function\/code" look\.function_handler$/,
    );
    expect(lifecycle.Setenv).toMatchObject({
      LINE: '3',
      PYTHONPATH: '{artifacts:decompressedPath}/function/edgeml:more',
      EDGEML_V1_FUNCTION: 'Look',
      EDGEML_V1_PINNED: 'true',
      EDGEML_V1_ENCODING: 'binary',
      EDGEML_V1_TIMEOUT_SECONDS: '30',
      EDGEML_V1_EVENTS: '[["look/+","cloud"],["pressed","local"]]',
      EDGEML_V1_ROUTES: '[["found/#","cloud"],["found/near","local"]]',
    });
    await unzip(at('out/artifacts/lambda.Look/1.0.0/function.zip'), at('unpacked'));
    expect(await readFile(at('unpacked/code/look.py'), 'utf8')).toContain('as ml');
    expect(await readFile(at('unpacked/edgeml/greengrasssdk/__init__.py'), 'utf8')).toContain('iot-data');
    await expect(readFile(at('unpacked/code/greengrasssdk/__init__.py'))).rejects.toThrow('ENOENT');
    for (const words of [
      'the resources model',
      THING,
      'aws.greengrass.clientdevices.mqtt.Bridge',
      'greengrasssdk beside its code',
    ])
      expect(io.err).toContain(words);
    const issues = await lintCollection([at('out/recipes/lambda.Look-1.0.0.yaml')]);
    expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('without the subscriptions: publishes on any topic of IoT Core, and says so', async () => {
    const { code, io } = await migrate('--function', `Other=${at('other')}:first.lambda_handler`);
    expect(code).toBe(0);
    expect(io.err).toContain('without --subscriptions it is called with no message');
    const recipe = await recipeOf('Other');
    expect(recipe.ComponentDependencies).toBeUndefined();
    expect(recipe.Manifests[0].Lifecycle.Setenv).not.toHaveProperty('EDGEML_V1_ROUTES');
    expect(JSON.stringify(recipe.ComponentConfiguration)).toContain('"resources":["*"]');
  });

  it.each([
    [[], 'name the functions to migrate with --function; it has Look, Other', 2],
    [['--function', 'Third=.'], 'the group has no function "Third"', 2],
    [['--function', 'Look'], 'not of the form name=folder', 2],
    [['--function', 'Look=.', '--component-version', '1'], 'not a version', 2],
    [['--function', 'Look=/nowhere'], 'the code of Look cannot be read', 1],
    [['--function', 'Other=OTHER'], 'it has first.lambda_handler, second.lambda_handler', 1],
    [['--function', 'Other=OTHER/first.py'], 'is not a folder', 1],
    [['--function', 'Look=LOOK', '--subscriptions', 'FUNCTIONS'], 'another than expected at /Subscriptions', 1],
  ])('says what is wrong: %j', async (words, message, expected) => {
    const places = { OTHER: at('other'), LOOK: at('look'), FUNCTIONS: at('functions.json') };
    const filled = words.map((word) =>
      word.replace(/OTHER|LOOK|FUNCTIONS/, (name) => places[name as keyof typeof places]),
    );
    const { code, io } = await migrate(...filled);
    expect([code, io.err]).toEqual([expected, expect.stringContaining(message)]);
  });

  it('refuses a definition that is none', async () => {
    await put('functions.json', JSON.stringify({ Functions: [{ FunctionArn: 'arn:aws:lambda' }] }));
    expect((await migrate('--function', 'Look=.')).io.err).toContain('"arn:aws:lambda" is not the ARN of a function');
  });
});
