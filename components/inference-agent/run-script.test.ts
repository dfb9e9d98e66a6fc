import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = resolve('components/inference-agent/run.sh');

let root: string;
let work: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'edgeml-run-'));
  work = join(root, 'work', 'edgeml.InferenceAgent');
  await mkdir(work, { recursive: true });
  // Waits are not waited for, and counted.
  await program('bin/sleep', 'echo "$1" >>waits');
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function program(file: string, body: string): Promise<void> {
  const path = join(root, file);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
}

/** In place of Node.js and the agent; counts its starts in `starts`. */
const agent = (body: string) =>
  program('work/edgeml.Runtime/current/bin/node', `echo "$EDGEML_CRASHES" >>starts\nn=$(wc -l <starts)\n${body}`);

async function run(
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly output: string }> {
  const shell = spawn('sh', [SCRIPT, root, 'cpu'], {
    cwd: work,
    env: { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((done) => shell.once('close', done));
  return { code, output };
}

const lines = async (file: string): Promise<readonly string[]> =>
  (await readFile(join(work, file), 'utf8').catch(() => '')).split('\n').filter(Boolean);

describe('run.sh', () => {
  it('leaves a version that has never served to the nucleus, with its exit code', async () => {
    await agent('echo 7 >&3; exit 7');
    expect(await run()).toMatchObject({ code: 7 });
    expect(await lines('starts')).toEqual(['0']);
  });

  it('starts a version that has served again after each crash, ever later, and tells how often it crashed', async () => {
    // The fifth ends as after a refusal by the nucleus, so that the test ends.
    await agent('printf %s "$EDGEML_SUPERVISED" >proven; [ "$n" -lt 5 ] || echo 75 >&3; exit 1');
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(await lines('starts')).toEqual(['0', '1', '2', '3', '4']);
    expect(await lines('waits')).toEqual(['0', '1', '3', '7']);
    expect(
      output
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(
      [0, 1, 3, 7].map((waitSeconds, n) => ({
        level: 'error',
        component: 'edgeml.InferenceAgent',
        code: 'unknown',
        crashes: n + 1,
        waitSeconds,
        event: 'agent.crashed',
      })),
    );
  });

  it('ends for the nucleus to start it with a new token if the old one is void', async () => {
    await agent('printf %s "$EDGEML_SUPERVISED" >proven; echo 75 >&3; exit 75');
    expect(await run()).toMatchObject({ code: 1 });
    expect(await lines('starts')).toHaveLength(1);
  });

  it('becomes the runner of nucleus lite for it, which keeps the unit active and models bound to it with it; not on the Java nucleus', async () => {
    await program('bin/recipe-runner', 'printf "%s\\n" "$*" >runner');
    await agent('printf %s "$EDGEML_SUPERVISED" >proven; echo 75 >&3; exit 75');
    expect(await run({ AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH: '/greengrass/v2/ipc.socket' })).toMatchObject({
      code: 1,
    });
    expect(await lines('runner')).toEqual([]);
    expect(await run()).toMatchObject({ code: 0 });
    // The version is the name of the folder above the artifact's.
    expect(await lines('runner')).toEqual(['-n edgeml.InferenceAgent -v components -p run']);
  });

  it('opens its folder to the group before the agent starts, if that one left word', async () => {
    await agent(`stat -c %a "$PWD" >mode; printf %s "$EDGEML_SUPERVISED" >proven; echo 75 >&3; exit 75`);
    for (const [note, mode] of [
      [false, '700'],
      [true, '710'],
    ] as const) {
      // As the Java nucleus does before each script.
      await chmod(work, 0o700);
      if (note) await writeFile(join(work, 'group-enters'), '');
      await run();
      expect(await lines('mode')).toEqual([mode]);
    }
  });

  it('says which part of the installation is missing', async () => {
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain('work/edgeml.Runtime/current/bin/node is missing; deploy edgeml.Runtime again');
  });
});
