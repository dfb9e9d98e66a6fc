import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgentClient, createFeedbackClient } from '#packages/http';
import { canMount } from '../../testing/agent/small-disk.ts';
import { colourPackage, plainPicture } from '../../testing/agent/colour-package.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { Child } from '../../testing/process/child.ts';
import { componentBundle } from '../../testing/process/start-component.ts';
import { PROJECT } from '../../tools/bundle/project.ts';

/** "nobody" of all Linux systems. */
const USER = 65_534;

/**
 * Makes every file system that is there read-only for what runs behind it, but for the folder and for /dev/shm, and gives up being root:
 * no groups, no capabilities, no way back to them.
 */
const CONFINED = `
mount --bind "$1" "$1"
awk '{ print $5 }' /proc/self/mountinfo | sort -u | while read -r at; do
  case "$at" in "$1"|/dev|/dev/*|/proc|/proc/*|/sys|/sys/*) ;; *) mount -o remount,bind,ro "$at" || exit 1 ;; esac
done
# The folder it was started in lies below the mount from before.
cd "$PWD"
shift
exec setpriv --reuid=${USER} --regid=${USER} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"`;

function canConfine(): boolean {
  const words = [
    '--mount',
    '--propagation',
    'private',
    'setpriv',
    '--reuid',
    String(USER),
    process.execPath,
    '-e',
    '0',
  ];
  return canMount() && spawnSync('unshare', words, { stdio: 'ignore' }).status === 0;
}

describe.skipIf(!canConfine())('on a read-only root file system, as a user without rights', () => {
  let folder: string;
  const children: Child[] = [];
  const at = (...parts: readonly string[]): string => path.join(folder, ...parts);
  const confined = (
    words: readonly string[],
    cwd: string,
    environment: Readonly<Record<string, string>> = {},
  ): Child => {
    const child = new Child(
      'unshare',
      ['--mount', '--propagation', 'private', 'sh', '-euc', CONFINED, 'sh', folder, ...words],
      { cwd, environment: { NODE_PATH: path.join(PROJECT, 'node_modules'), EDGEML_PROVIDERS: 'cpu', ...environment } },
    );
    children.push(child);
    return child;
  };
  /** A component's bundles in a folder of their own, and a work folder that belongs to the user. */
  async function component(name: string, programs: readonly string[]): Promise<{ program: string; work: string }> {
    const made = await Promise.all(programs.map((program) => componentBundle(name, program)));
    await mkdir(at('artifacts', name), { recursive: true });
    for (const file of made) await copyFile(file, at('artifacts', name, path.basename(file)));
    const work = at('work', name);
    await mkdir(work, { recursive: true });
    await chown(work, USER, USER);
    return { program: at('artifacts', name, path.basename(made[0] ?? '')), work };
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-ro-'));
    await chmod(folder, 0o755);
  });
  afterAll(async () => {
    for (const child of children) await child.end('SIGTERM').catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  });

  it('can write nothing but the work folders', async () => {
    const { work } = await component('probe', []);
    const child = confined(
      [
        'sh',
        '-c',
        'id -u; touch here && echo here; for f in /tmp/x /var/x /root/x /etc/x; do touch $f && echo $f; done; exit 0',
      ],
      work,
    );
    expect(await child.exit).toBe(0);
    expect(child.out.trim().split('\n')).toEqual([String(USER), 'here']);
  });

  it('serves models, reads images and writes what it draws, and takes samples', async () => {
    const agent = await component('inference-agent', ['agent', 'instance-worker', 'instance/serve-model']);
    const running = confined([process.execPath, agent.program], agent.work);
    await running.line(/"event":"agent.ready"/);
    const [uid] =
      /^Uid:\s+(\d+)/m.exec(execFileSync('cat', [`/proc/${running.pid}/status`], { encoding: 'utf8' }))?.slice(1) ?? [];
    expect(Number(uid)).toBe(USER);
    const client = createAgentClient({ socketPath: path.join(agent.work, 'agent.sock'), timeoutMs: PATIENCE_MS });
    const source = await colourPackage(at('Colours'));
    await client.activate({ path: source });
    const red = await plainPicture(255, 0, 0);
    const { predictions } = await client.invoke('Colours', red, { contentType: 'image/png' });
    expect(predictions[0]?.label).toBe('red');
    client.close();
    expect((await readdir(path.join(agent.work, 'models'))).filter((name) => !name.startsWith('.'))).toEqual([
      'Colours',
    ]);

    const uploader = await component('feedback-uploader', ['uploader', 'redactor']);
    const settings = {
      FeedbackConfigurationMap: { Belt: { 's3-bucket-name': 'samples', 'content-type': 'image/png' } },
      MinFreeDiskMB: 0,
    };
    await writeFile(path.join(uploader.work, 'configuration.json'), JSON.stringify(settings));
    const keeping = confined(
      [process.execPath, uploader.program, '--configuration', 'configuration.json'],
      uploader.work,
    );
    await keeping.line(/listening|ready/);
    const feedback = createFeedbackClient({
      socketPath: path.join(uploader.work, 'feedback.sock'),
      timeoutMs: PATIENCE_MS,
    });
    expect(await feedback.metrics()).toMatch(/edgeml_feedback_open_descriptors [1-9]/);
    feedback.close();

    const app = await component('inference-app', ['app']);
    await mkdir(path.join(app.work, 'images'));
    await writeFile(path.join(app.work, 'images', 'red.png'), red);
    const sources = { images: { Type: 'folder', Path: 'images', Mode: 'once', Services: ['Colours'] } };
    await writeFile(path.join(app.work, 'configuration.json'), JSON.stringify({ Sources: sources }));
    const asking = confined([process.execPath, app.program, '--configuration', 'configuration.json'], app.work, {
      EDGEML_AGENT_SOCKET: path.join(agent.work, 'agent.sock'),
    });
    expect(await asking.exit, asking.out.slice(-2_000)).toBe(0);
    expect(asking.out).toMatch(/"answered":1/);
    expect(await readdir(path.join(app.work, 'annotated'))).toHaveLength(1);
  });
});
