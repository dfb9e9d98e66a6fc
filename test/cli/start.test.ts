import { execFile, execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { InvokeResult } from '#packages/http';
import { blocks } from '../docs/pages.ts';
import { buildPackage } from '../../testing/clients/typescript-caller.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { PYTHON, python } from '../../testing/outside-data/python.ts';
import { freePort } from '../../testing/process/free-port.ts';
import { builtCollection, providedRuntime } from '../../testing/device/built-collection.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { modelEntries } from '../../tools/bundle/model-entries.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { readRecipe } from '../../tools/bundle/recipe-source.ts';
import { writeZip } from '../../tools/bundle/zip/write-zip.ts';
import { MemoryIo } from '../../tools/cli/frame/io.ts';
import { runProgram } from '../../tools/cli/program.ts';
import { Child } from '../../testing/process/child.ts';

const SAMPLES = path.join(PROJECT, 'artifacts/samples');
/** By what the names of their pictures begin with. */
const SERVICES: Readonly<Record<string, string>> = {
  belt: 'PartsDetector',
  part: 'PartsClassifier',
  pile: 'PartsSegmenter',
  gear: 'GearInspector',
};

const hasPython = await needs(python);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-start-'));
  await builtCollection();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function sampleImages(): Promise<string[]> {
  const folders = await Promise.all(
    [SAMPLES, ...['gears', 'piles'].map((name) => path.join(SAMPLES, name))].map((one) => readdir(one)),
  );
  return folders.flat().filter((file) => /\.(jpe?g|png)$/.test(file));
}

describe('npm start -- --once --json', () => {
  it.each([['as the Java nucleus', []] as const, ['as nucleus lite', ['--lite']] as const])(
    'answers every sample once and leaves no process behind, %s',
    async (name, options) => {
      const root = path.join(folder, name.replaceAll(' ', '-'));
      const run = startProcess([...EDGEML, 'start', '--samples', '--once', '--json', '--root', root, ...options]);
      const code = await run.exit;

      expect({ code, err: run.err }).toMatchObject({ code: 0 });
      const answers = run.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Answer);
      const images = await sampleImages();
      expect(answers.map(({ image }) => image).sort()).toEqual(images.sort());
      for (const { image, service, predictions, timings } of answers) {
        expect(service, image).toBe(SERVICES[image.split('-')[0] ?? '']);
        expect(timings.totalMs, image).toBeGreaterThan(0);
        // A message has the masks of the best.
        expect(predictions[0]?.mask !== undefined, image).toBe(service === 'PartsSegmenter');
        for (const { label, score, box } of predictions) {
          expect(label, image).toMatch(/^[a-z-]+$/);
          expect(score, image).toBeGreaterThan(0);
          expect(box !== undefined, image).toBe(['PartsDetector', 'PartsSegmenter'].includes(service));
          if (service === 'GearInspector') expect(label, image).toBe(image.includes('good') ? 'normal' : 'anomaly');
        }
      }
      expect(await processesOf(root)).toEqual([]);
    },
  );
});

describe('npm start', () => {
  let run: Child;
  let root: string;
  const edgeml = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    const io = new MemoryIo();
    const code = await runProgram([...args, '--root', root], io, new AbortController().signal);
    return { code, out: io.out, err: io.err };
  };
  /** Reads the list until it shows this: a problem may reach the terminal before the list. */
  const listed = async (pattern: RegExp): Promise<string> => {
    let text = '';
    await expect.poll(async () => (text = (await edgeml('local', 'list')).out)).toMatch(pattern);
    return text;
  };

  beforeAll(async () => {
    root = path.join(folder, 'core');
    await providedRuntime(root);
    run = startProcess([...EDGEML, 'start', '--samples', '--root', root]);
    await untilUp(run);
  });

  afterEach(() => vi.restoreAllMocks());

  afterAll(async () => {
    run.kill('SIGKILL');
  });

  it('prints one aligned line per image', async () => {
    const lines = run.out.trim().split('\n');
    const images = await sampleImages();
    expect(lines).toHaveLength(images.length);
    const found = lines.filter((line) => /^PartsDetector +belt-\S+ +[a-z-]+ +0\.\d\d +\[.*\] .* ms$/.test(line));
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found.map((line) => line.length)).size).toBe(1);
    expect(run.out).not.toContain('\x1b[');
  });

  it('says where things are, and writes annotated images there', async () => {
    const annotated = /Annotated images +(\S+)/.exec(run.err)?.[1] ?? '';
    // An answer is told before its image is annotated.
    await expect.poll(() => readdir(annotated)).toContain('PartsDetector--sample-scenes--belt-01.jpg');
    expect(await readdir(/Logs +(\S+)/.exec(run.err)?.[1] ?? '')).toContain('edgeml.InferenceAgent.log');
  });

  it('answers an image that is dropped into the watched folder', async () => {
    await copyFile(path.join(SAMPLES, 'belt-01.jpg'), path.join(root, 'inbox/new scene.jpg'));
    await until(() => /PartsDetector +new scene\.jpg/.test(run.out));
    await copyFile(path.join(SAMPLES, 'part-gear.jpg'), path.join(root, 'inbox/closeups/new part.jpg'));
    await until(() => /PartsClassifier +new part\.jpg +gear/.test(run.out));
    expect(run.out).not.toMatch(/PartsDetector +new part/);
  });

  it('says what is wrong with a file that is not an image, and goes on', async () => {
    await writeFile(path.join(root, 'inbox/broken.jpg'), 'no image at all');
    await until(() => /PartsDetector +broken\.jpg +.+ \([a-z.-]+\)\n/.test(run.out));
    await copyFile(path.join(SAMPLES, 'belt-02.jpg'), path.join(root, 'inbox/after.jpg'));
    await until(() => /PartsDetector +after\.jpg/.test(run.out));
  });

  const socket = () => path.join(root, 'work/edgeml.InferenceAgent/agent.sock');
  const pictures = ['belt-01.jpg', 'belt-02.jpg'].map((name) => path.join(SAMPLES, name));
  const example = async (command: string, words: readonly string[], environment: object, cwd: string) => {
    const env = { ...process.env, EDGEML_AGENT_SOCKET: socket(), ...environment };
    const { stdout } = await promisify(execFile)(command, [...words, 'PartsDetector', ...pictures], { cwd, env });
    const [first = '', second = '', serving] = stdout.trim().split('\n');
    for (const [at, line] of [first, second].entries())
      expect(line).toMatch(new RegExp(`^${pictures[at]}: [a-z-]+ 0\\.\\d\\d(, [a-z-]+ 0\\.\\d\\d)*$`));
    expect(serving).toMatch(/^Serving: .*PartsDetector 1\.0\.0/);
  };

  it('answers the example of the client for Python', hasPython, async () => {
    const client = path.join(PROJECT, 'clients/python');
    const environment = { PYTHONPATH: client, PYTHONDONTWRITEBYTECODE: '1' };
    await example(PYTHON, [path.join(client, 'examples/agent/ask_agent.py')], environment, folder);
  });

  it('answers the example of the client for TypeScript', async () => {
    const app = path.join(folder, 'app');
    await buildPackage(path.join(app, 'node_modules/edgeml-sdk'));
    await copyFile(path.join(PROJECT, 'clients/typescript/examples/ask-agent.mjs'), path.join(app, 'ask-agent.mjs'));
    await example(process.execPath, ['ask-agent.mjs'], {}, app);
  });

  it('can be asked by other commands', async () => {
    const list = await edgeml('local', 'list');
    expect(list.out).toMatch(/^COMPONENT +VERSION +STATE +HEALTH$/m);
    expect(list.out).toMatch(/^edgeml\.InferenceAgent +1\.0\.0 +RUNNING +ok$/m);
    expect(list.out).toMatch(/^edgeml\.Runtime +1\.0\.0 +RUNNING +-$/m);
    const json = await edgeml('local', 'list', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ deployment: { status: 'SUCCEEDED' } });

    const logs = await edgeml('local', 'logs', 'edgeml.InferenceAgent', '-n', '5');
    expect(logs.out.trim().split('\n')).toHaveLength(5);
    expect((await edgeml('local', 'logs', 'edgeml.InferenceAgent', '-n', '500')).out).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} {2}INFO {3}edgeml\.InferenceAgent {2}model\.activated {2}/m,
    );
    expect(await edgeml('local', 'logs', 'edgeml.Nothing')).toMatchObject({
      code: 1,
      err: expect.stringContaining('cli.no-log') as string,
    });
  });

  it('says what is wrong in its own terminal, in the list, to who watches and in the log, once', async () => {
    const io = new MemoryIo();
    const abort = new AbortController();
    await writeFile(path.join(root, 'inbox/photo.gif'), 'GIF89a');
    await writeFile(path.join(root, 'inbox/scan.heic'), 'II');
    const Sources = {
      gate: { Type: 'http', Url: `http://user:geheim@127.0.0.1:${await freePort()}/snap.jpg`, InferenceInterval: 0.2 },
      nobody: { Path: path.join(root, 'samples/scenes'), Mode: 'watch', Services: ['Nobody'] },
    };
    const config = JSON.stringify({
      'edgeml.InferenceApp': { merge: { Sources } },
      'edgeml.InferenceAgent': { merge: { Providers: 'cuda,cpu' } },
    });
    expect(await edgeml('local', 'deploy', '--config', config)).toMatchObject({ code: 0 });

    const wrong = [
      /ERROR +edgeml\.InferenceApp: http:\/\/\*\*\*@127\.0\.0\.1:\d+\/snap\.jpg cannot be reached: .*ECONNREFUSED/,
      /ERROR +edgeml\.InferenceApp: no model answers the service Nobody; deploy the component edgeml\.model\.Nobody/,
      /WARNING +edgeml\.InferenceAgent: PartsDetector runs on cpu, not on cuda: cuda: /,
      /WARNING +edgeml\.InferenceApp: source inbox does not read photo\.gif \(GIF\), scan\.heic \(HEIC\)/,
    ];
    for (const line of wrong) await until(() => line.test(run.err));
    const list = await listed(/^edgeml\.InferenceApp +1\.0\.0 +RUNNING +error: .* \(\+2\)$/m);
    for (const line of wrong) expect(list).toMatch(line);
    const json = JSON.parse((await edgeml('local', 'list', '--json')).out) as { components: object[] };
    expect(json.components).toContainEqual(
      expect.objectContaining({
        componentName: 'edgeml.InferenceApp',
        health: expect.objectContaining({ status: 'degraded' }) as unknown,
      }),
    );
    const watching = runProgram(['local', 'tail', '--root', root], io, abort.signal);
    for (const line of wrong) await until(() => line.test(io.out));

    const logs = await edgeml('local', 'logs', 'edgeml.InferenceApp', '--level', 'warn');
    expect(logs.out.match(/ERROR {2}edgeml\.InferenceApp {2}source\.snapshot-lost /g)).toHaveLength(1);
    expect(logs.out).not.toMatch(/ INFO /);
    expect(run.err + list + io.out + logs.out).not.toContain('geheim');

    const reset = JSON.stringify({
      'edgeml.InferenceApp': { MERGE: { Sources: { gate: { Enabled: false }, nobody: { Enabled: false } } } },
      'edgeml.InferenceAgent': { RESET: ['/Providers'] },
    });
    expect(await edgeml('local', 'deploy', '--config', reset)).toMatchObject({ code: 0 });
    await rm(path.join(root, 'inbox/photo.gif'));
    await rm(path.join(root, 'inbox/scan.heic'));
    await until(() => /SOLVED +edgeml\.InferenceApp: source inbox does not read/.test(run.err));
    await until(() => /SOLVED .*snap\.jpg/.test(io.out));
    abort.abort();
    expect(await watching).toBe(0);
    await listed(/^edgeml\.InferenceApp +1\.0\.0 +RUNNING +ok$/m);
  });

  it.each([
    ['{"edgeml.InferenceApp": {"MERGEE": {}}}', 'MERGEE is not one of its keys; did you mean MERGE?'],
    [
      '{"edgeml.InferenceApp": {"merge": {"TimeoutSecond": 5}}}',
      'does not have a setting /TimeoutSecond; did you mean TimeoutSeconds?',
    ],
    [
      '{"edgeml.InferenceApp": {"MERGE": {"Sources": {"a": {"Pth": "x"}}}}}',
      'does not have a setting /Sources/a/Pth; did you mean Path?',
    ],
    ['{"edgeml.InferenceAp": {"merge": {}}}', 'no component edgeml.InferenceAp; did you mean edgeml.InferenceApp?'],
  ])('fails to deploy %s, and says what was meant', async (config, message) => {
    expect(await edgeml('local', 'deploy', '--config', config)).toMatchObject({
      code: 1,
      err: expect.stringContaining(message) as string,
    });
  });

  it('has the component itself refuse an unknown setting that the command let through', async () => {
    const config = '{"edgeml.InferenceApp": {"merge": {"TimeoutSecond": 5}}}';
    const deploy = await edgeml('local', 'deploy', '--allow-unknown', '--config', config);
    expect(deploy).toMatchObject({ code: 1, err: expect.stringContaining('did you mean TimeoutSeconds?') as string });
  });

  it.each(blocks('sh').filter(({ mark }) => mark === 'runnable'))(
    'runs a block of docs/$page: $text',
    async ({ text }) => {
      for (const line of text
        .replaceAll(/\\\n\s*/g, '')
        .trim()
        .split('\n')) {
        const [, words] = /^npm run -s edgeml -- ([^'"|>]+)$/.exec(line) ?? [];
        if (words === undefined) {
          // `set -o pipefail` and all: a command that fails, or finds nothing, is none that a page may show.
          const script = `set -euo pipefail; ${line.replaceAll('.edgeml/core', root)}`;
          expect(
            execFileSync('bash', ['-c', script], {
              cwd: PROJECT,
              encoding: 'utf8',
              stdio: 'pipe',
              timeout: PATIENCE_MS,
            }),
          ).not.toBe('');
          continue;
        }
        const io = new MemoryIo();
        const args = words.startsWith('local ') ? [...words.split(' '), '--root', root] : words.split(' ');
        expect({ code: await runProgram(args, io, new AbortController().signal), err: io.err }).toMatchObject({
          code: 0,
        });
      }
    },
  );

  it('passes messages on', async () => {
    const io = new MemoryIo();
    const abort = new AbortController();
    const listening = runProgram(['local', 'sub', 'test/#', '--json', '--root', root], io, abort.signal);
    await until(() => io.err.includes('Subscribed'));

    expect(await edgeml('local', 'pub', 'test/json', '{"n":1}')).toMatchObject({ code: 0 });
    expect(await edgeml('local', 'pub', 'test/text', 'hello')).toMatchObject({ code: 0 });
    expect(await edgeml('local', 'pub', 'test/+', 'hello')).toMatchObject({ code: 2 });
    await until(() => io.out.includes('hello'));
    abort.abort();

    expect(await listening).toBe(0);
    expect(
      io.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { topic: 'test/json', message: { n: 1 } },
      { topic: 'test/text', message: 'hello' },
    ]);
  });

  it('shows results to a second watcher', async () => {
    const io = new MemoryIo();
    const abort = new AbortController();
    const watching = runProgram(['local', 'tail', '--root', root], io, abort.signal);
    await until(() => io.err.includes('Waiting for results'));
    await copyFile(path.join(SAMPLES, 'belt-03.jpg'), path.join(root, 'inbox/seen.jpg'));
    await until(() => /PartsDetector +seen\.jpg/.test(io.out));
    abort.abort();
    expect(await watching).toBe(0);
  });

  it('refuses a model that fails its golden test, says why, and keeps the old one', async () => {
    const { recipes, artifacts } = await brokenDetector(path.join(folder, 'broken'));
    const deploy = await edgeml(
      'local',
      'deploy',
      'edgeml.model.PartsDetector=1.0.1',
      '--recipes',
      recipes,
      '--artifacts',
      artifacts,
    );

    expect(deploy).toMatchObject({ code: 1, err: expect.stringContaining('cli.deployment-failed') as string });
    expect(deploy.out + deploy.err).toMatch(/FAILED_ROLLBACK_COMPLETE/);
    const list = await listed(
      /ERROR +edgeml\.InferenceAgent: a package for PartsDetector was refused, 1\.0\.0 serves on: .*golden.*\n +What to do: /,
    );
    expect(list).toMatch(/^edgeml\.model\.PartsDetector +1\.0\.0 +RUNNING +-$/m);
    expect(list).toMatch(/Last deployment FAILED \(FAILED_ROLLBACK_COMPLETE\): .*edgeml\.model\.PartsDetector/);
    const log = await readFile(path.join(root, 'logs/edgeml.model.PartsDetector.log'), 'utf8');
    expect(log).toMatch(/golden/);

    await copyFile(path.join(SAMPLES, 'belt-04.jpg'), path.join(root, 'inbox/still there.jpg'));
    await until(() => /PartsDetector +still there\.jpg +[a-z-]+ +0\.\d/.test(run.out));
  });

  it('restarts and stops components on request', async () => {
    expect(await edgeml('local', 'restart', 'edgeml.InferenceApp')).toMatchObject({ code: 0 });
    expect(await edgeml('local', 'restart', 'edgeml.Nothing')).toMatchObject({
      code: 1,
      err: expect.stringContaining('edgeml.Nothing') as string,
    });
  });

  it('does not let a second core work on the same root', async () => {
    const second = startProcess([...EDGEML, 'start', '--samples', '--once', '--root', root]);
    const code = await second.exit;
    expect(code).toBe(1);
    expect(second.err).toMatch(/core\.root-in-use/);
  });

  it('ends cleanly on Ctrl-C', async () => {
    const code = await run.end('SIGINT');
    expect(code).toBe(0);
    expect(await processesOf(root)).toEqual([]);
    expect(await edgeml('local', 'list')).toMatchObject({
      code: 1,
      err: expect.stringContaining('cli.no-core') as string,
    });
  });
});

describe('npm start, killed at npm', () => {
  it('answers what lay in the inbox before, and ends the components although npm is gone', async () => {
    const root = path.join(folder, 'through-npm');
    await providedRuntime(root);
    const inbox = path.join(folder, 'filled');
    await mkdir(inbox);
    await copyFile(path.join(SAMPLES, 'belt-01.jpg'), path.join(inbox, 'lay there.jpg'));
    const npm = startProcess(['npm', 'start', '-s', '--', '--samples', '--root', root, '--inbox', inbox]);
    await untilUp(npm);
    await until(() => /PartsDetector +lay there\.jpg/.test(npm.out));
    expect(await processesOf(root)).not.toEqual([]);

    npm.kill('SIGTERM');
    await vi.waitUntil(async () => (await processesOf(root)).length === 0, { timeout: PATIENCE_MS, interval: 100 });
  });
});

interface Answer extends Pick<InvokeResult, 'service' | 'predictions' | 'timings'> {
  readonly image: string;
}

const EDGEML = [process.execPath, path.join(PROJECT, 'tools/edgeml.mjs')] as const;

function startProcess([command = '', ...args]: readonly string[]): Child {
  return new Child(command, args, { environment: process.env });
}

/** The samples are answered and the inbox is watched. A process that ends before says why. */
async function untilUp(run: Child): Promise<void> {
  await until(() => run.err.includes('Ctrl-C stops everything') || run.isOver);
  if (run.isOver) throw new Error(`ended with ${await run.exit}:\n${run.err}`);
}

/** Command lines of processes that have to do with a root. */
async function processesOf(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [command, cwd] = await Promise.all([
      readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''),
      readFile(`/proc/${id}/environ`, 'utf8').catch(() => ''),
    ]);
    if (Number(id) !== process.pid && (command.includes(root) || cwd.includes(`${root}/`))) found.push(command);
  }
  return found;
}

function until(condition: () => boolean): Promise<unknown> {
  return vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 50 });
}

/** Version 1.0.1 of the detector whose golden test expects something that is not there. */
async function brokenDetector(target: string): Promise<{ readonly recipes: string; readonly artifacts: string }> {
  const name = 'edgeml.model.PartsDetector';
  const [recipes, artifacts] = [path.join(target, 'recipes'), path.join(target, 'artifacts')];
  const entries = await modelEntries('PartsDetector');
  const broken = await Promise.all(
    entries.map(async (entry) => {
      if (!/^golden\/.*\.json$/.test(entry.path) || !('file' in entry.content)) return entry;
      const text = await readFile(entry.content.file, 'utf8');
      return { ...entry, content: Buffer.from(text.replace(/"box":\s*\[[^\]]*\]/g, '"box":[0,0,0.01,0.01]')) };
    }),
  );
  await writeZip(path.join(artifacts, name, '1.0.1/PartsDetector.zip'), broken);
  const { text } = await readRecipe(name);
  await mkdir(recipes, { recursive: true });
  await writeFile(
    path.join(recipes, `${name}-1.0.1.yaml`),
    text.replace(/ComponentVersion: .*/, "ComponentVersion: '1.0.1'"),
  );
  return { recipes, artifacts };
}
