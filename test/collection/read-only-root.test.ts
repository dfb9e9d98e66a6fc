import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgentClient, createFeedbackClient } from '#packages/http';
import { canMount } from '../../testing/agent/small-disk.ts';
import { colorPackage, plainPicture } from '../../testing/agent/color-package.ts';
import { testVideo } from '../../testing/app/ffmpeg.ts';
import { EdgeClient } from '../../testing/edge-manager/client.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../testing/outside-data/programs.ts';
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

const { skip: lacksFfmpeg = false } = await needs(ffmpeg);

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

  it('serves models, also to clients of Edge Manager; reads images and video and writes what it draws; takes samples; shows the page', async () => {
    const agent = await component('inference-agent', ['agent', 'instance-worker', 'instance/serve-model']);
    await writeFile(path.join(agent.work, 'configuration.json'), JSON.stringify({ EdgeManager: 'on' }));
    const running = confined([process.execPath, agent.program, '--configuration', 'configuration.json'], agent.work);
    await running.line(/"event":"agent.ready"/);
    const [uid] =
      /^Uid:\s+(\d+)/m.exec(execFileSync('cat', [`/proc/${running.pid}/status`], { encoding: 'utf8' }))?.slice(1) ?? [];
    expect(Number(uid)).toBe(USER);
    const client = createAgentClient({ socketPath: path.join(agent.work, 'agent.sock'), timeoutMs: PATIENCE_MS });
    const source = await colorPackage(at('Colors'));
    await client.activate({ path: source });
    const red = await plainPicture(255, 0, 0);
    const { predictions } = await client.invoke('Colors', red, { contentType: 'image/png' });
    expect(predictions[0]?.label).toBe('red');
    expect(await client.metrics()).toMatch(/^process_max_fds 4096$/m);
    client.close();
    expect((await readdir(path.join(agent.work, 'models'))).filter((name) => !name.startsWith('.'))).toEqual([
      'Colors',
    ]);

    // edgeml.EdgeManager is two scripts: it waits for the agent, whose socket its clients then find.
    const script = at('artifacts', 'await-socket.sh');
    await copyFile(path.join(PROJECT, 'components/edge-manager/await-socket.sh'), script);
    const standIn = confined(['sh', script, agent.work, 'edgeml.EdgeManager'], agent.work);
    expect(await standIn.exit, standIn.out).toBe(0);
    const [, target = ''] = /served at (unix:\S+?)\.$/m.exec(standIn.out) ?? [];
    const edge = new EdgeClient(target);
    expect((await edge.call('ListModels')).models.map(({ name }) => name)).toEqual(['Colors']);
    edge.close();

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
    const asked = { Mode: 'once', Services: ['Colors'] };
    const video = { ...asked, Type: 'stream', Url: at('video.avi'), FramesPerSecond: 0 };
    if (!lacksFfmpeg) await testVideo(at('video.avi'), 2);
    const sources = { images: { ...asked, Type: 'folder', Path: 'images' }, ...(lacksFfmpeg ? {} : { video }) };
    await writeFile(path.join(app.work, 'configuration.json'), JSON.stringify({ Sources: sources }));
    const asking = confined([process.execPath, app.program, '--configuration', 'configuration.json'], app.work, {
      EDGEML_AGENT_SOCKET: path.join(agent.work, 'agent.sock'),
    });
    expect(await asking.exit, asking.out.slice(-2_000)).toBe(0);
    expect(asking.out).toMatch(lacksFfmpeg ? /"answered":1/ : /"answered":3/);
    expect(await readdir(path.join(app.work, 'annotated'))).not.toEqual([]);

    const page = await component('console', ['console']);
    await mkdir(at('artifacts', 'console', 'page'));
    for (const file of ['index.html', 'page.js', 'page.css', 'icon.svg'])
      await writeFile(at('artifacts', 'console', 'page', file), file);
    await writeFile(path.join(page.work, 'configuration.json'), JSON.stringify({ Port: 0 }));
    const showing = confined([process.execPath, page.program, '--configuration', 'configuration.json'], page.work, {
      EDGEML_AGENT_SOCKET: path.join(agent.work, 'agent.sock'),
    });
    await showing.line(/console.listening/);
    const { url } = JSON.parse(await readFile(path.join(page.work, 'console.json'), 'utf8')) as { url: string };
    expect(await (await fetch(url)).text()).toBe('index.html');
    const told = await (await fetch(`${url}/metrics`)).text();
    expect(told).toContain('edgeml_component_up{component="edgeml.InferenceAgent"} 1');
    expect(told).toMatch(/process_open_fds\{component="edgeml.Console"\} \d+/);
  });
});
