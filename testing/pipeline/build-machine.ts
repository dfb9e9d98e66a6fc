import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parse } from 'yaml';
import { PROJECT } from '../../tools/bundle/project.ts';

/** A line that a stand-in wrote: the account whose role it took, or `own`, and the words behind its name. */
export type BuildCall = string;

/**
 * A machine of AWS CodeBuild for scripts: runs the commands of a build specification by `sh`, in order, in a copy of `infrastructure/`. `aws`
 * and `npm` are stand-ins that write down how they are called; `aws` refuses a profile that infrastructure/profiles.sh has not made.
 */
export class BuildMachine {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<BuildMachine> {
    const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-build-'));
    await cp(path.join(PROJECT, 'infrastructure'), path.join(folder, 'infrastructure'), { recursive: true });
    await mkdir(path.join(folder, 'bin'));
    for (const [name, text] of Object.entries(STAND_INS)) {
      await writeFile(path.join(folder, 'bin', name), `#!/bin/sh\n${text}`);
      await chmod(path.join(folder, 'bin', name), 0o755);
    }
    const machine = new BuildMachine(folder);
    await machine.answer(['Success']);
    await machine.fail('nothing');
    return machine;
  }

  /** What AWS Systems Manager says of the judge, one after another; the last one again and again. */
  answer(statuses: readonly string[]): Promise<void> {
    return writeFile(path.join(this.folder, 'statuses'), `${statuses.join('\n')}\n`);
  }

  /** Calls of `edgeml` that begin like this fail. */
  fail(words: string): Promise<void> {
    return writeFile(path.join(this.folder, 'failing'), words);
  }

  /** As CodeBuild runs phases: a command that fails ends its phase, and the last phase comes all the same. False: it failed. */
  async run(specification: string, variables: Readonly<Record<string, string>>): Promise<boolean> {
    const { phases } = parse(await readFile(path.join(this.folder, specification), 'utf8')) as {
      phases: Record<string, { commands: readonly string[] }>;
    };
    const phase = async (name: string): Promise<boolean> => {
      for (const command of phases[name]?.commands ?? []) if (!(await this.#run(command, variables))) return false;
      return true;
    };
    if (!(await phase('install'))) return false;
    const isDone = await phase('build');
    return (await phase('post_build')) && isDone;
  }

  /** All calls so far, which are forgotten then. */
  async takeCalls(): Promise<readonly BuildCall[]> {
    const file = path.join(this.folder, 'calls');
    const text = await readFile(file, 'utf8').catch(() => '');
    await rm(file, { force: true });
    return text.split('\n').filter(Boolean);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  #run(command: string, variables: Readonly<Record<string, string>>): Promise<boolean> {
    const env = {
      ...variables,
      HOME: path.join(this.folder, 'home'),
      MACHINE: this.folder,
      AWS_REGION: 'us-east-1',
      PATH: `${path.join(this.folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    };
    const child = spawn('sh', ['-c', command], { cwd: this.folder, env, stdio: ['ignore', 'ignore', 'ignore'] });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code === 0));
    });
  }
}

const STAND_INS = {
  aws: `account=own
profile=
for word; do
  [ "$profile" != next ] || account=$(sed -n "/\\[profile $word\\]/,/^role_arn/s/.*iam::\\([0-9]*\\):.*/\\1/p" "$HOME/.aws/config")
  profile=
  [ "$word" != --profile ] || profile=next
done
[ -n "$account" ] || { echo "no such profile: $*" >&2; exit 255; }
echo "$account aws $*" >>"$MACHINE/calls"
case "$1 $2" in
'ssm send-command') echo 0a1b-command ;;
'ssm get-command-invocation')
  sed -n 1p "$MACHINE/statuses"
  [ "$(wc -l <"$MACHINE/statuses")" -lt 2 ] || sed -i 1d "$MACHINE/statuses" ;;
esac
`,
  npm: `[ "$1" != ci ] || exit 0
shift 4
echo "own edgeml $*" >>"$MACHINE/calls"
case "$*" in "$(cat "$MACHINE/failing")"*) exit 1 ;; esac
`,
  // Nobody waits for a clock in a test.
  sleep: '',
};
