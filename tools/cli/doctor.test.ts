import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRouter, startSocketServer, watchRoutes } from '#packages/http';
import type { RouteErrors, SocketServer } from '#packages/http';
import { silentLogger } from '#packages/foundation';
import { freePort } from '../../testing/process/free-port.ts';
import { MemoryIo } from './frame/io.ts';
import { runProgram } from './program.ts';

/** Texts that must never be in an archive. */
const PLANTED = {
  cameraPassword: 'Gehe1m-Kamera',
  snapshotPassword: 'Gehe1m-Snapshot',
  queryToken: 'Gehe1mToken77',
  secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  accessKey: 'AKIAIOSFODNN7EXAMPLE',
  sessionToken: 'Gehe1mSessionToken',
  privateKey: 'MHcCAQEEIGehe1mGehe1mGehe1m',
  cliToken: 'CLITOKEN7777',
  picture: 'PIXELS-OF-SOMEBODY',
} as const;

let root: string;
let server: SocketServer;
let camera: { readonly port: number; close(): void };
let deadPort: number;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'edgeml-dr-'));
  const put = async (file: string, text: string): Promise<void> => {
    await mkdir(path.join(root, path.dirname(file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  };
  const listener = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => listener.once('listening', done));
  camera = { port: (listener.address() as AddressInfo).port, close: () => void listener.close() };
  deadPort = await freePort();
  await put(
    'config/effectiveConfig.yaml',
    `services:
  edgeml.InferenceApp:
    configuration:
      Sources:
        gate: { Type: stream, Url: 'rtsp://admin:${PLANTED.cameraPassword}@127.0.0.1:${camera.port}/1', FfmpegPath: no-such-ffmpeg }
        yard: { Type: http, Url: 'http://127.0.0.1:${deadPort}/snap.jpg?token=${PLANTED.queryToken}', Username: me, Password: ${PLANTED.snapshotPassword} }
        door: { Type: folder, Path: no-such-folder }
        off: { Enabled: 'false', Type: http, Url: 'http://127.0.0.1:1/' }
  edgeml.InferenceAgent:
    configuration: { Providers: 'tensorrt,cpu' }
  aws.greengrass.Nucleus:
    configuration: { iotDataEndpoint: '127.0.0.1', privateKeyPath: /greengrass/v2/privKey.key }
`,
  );
  await put('privKey.key', `-----BEGIN EC PRIVATE KEY-----\n${PLANTED.privateKey}\n-----END EC PRIVATE KEY-----\n`);
  await put('cli_ipc_info/user-0.json', JSON.stringify({ cli_auth_token: PLANTED.cliToken }));
  await put('work/edgeml.InferenceApp/annotated/a.jpg', PLANTED.picture);
  for (const name of ['edgeml.InferenceApp', 'edgeml.InferenceAgent', 'edgeml.Console'])
    await mkdir(path.join(root, 'packages/artifacts', name, '1.0.0'), { recursive: true });
  await put(
    'logs/edgeml.InferenceApp.log',
    [
      `2026-02-03T00:00:00.000Z [INFO] (Copier) edgeml.InferenceApp: stdout. {"event":"source.stream-lost","said":"401 for ${PLANTED.cameraPassword}"}. {}`,
      `AWS_SECRET_ACCESS_KEY=${PLANTED.secretKey} AWS_ACCESS_KEY_ID=${PLANTED.accessKey} AWS_SESSION_TOKEN=${PLANTED.sessionToken}`,
      `-----BEGIN EC PRIVATE KEY-----\n${PLANTED.privateKey}\n-----END EC PRIVATE KEY-----`,
      'a line that helps',
    ].join('\n'),
  );
  const never: RouteErrors = {
    noRoute: () => new Error(),
    methodNotAllowed: () => new Error(),
    badPath: () => new Error(),
  } as never;
  const routes = watchRoutes({
    health: () => ({ status: 'ok' }),
    incidents: () => [
      { code: 'c', subject: 's', severity: 'error', message: `lost, said ${PLANTED.snapshotPassword}`, since: '' },
    ],
    metrics: async () => 'up 1\n',
  });
  await mkdir(path.join(root, 'work/edgeml.InferenceApp'), { recursive: true });
  server = await startSocketServer(
    path.join(root, 'work/edgeml.InferenceApp/app.sock'),
    createRouter(routes, { errors: never, log: silentLogger }),
  );
});

afterAll(async () => {
  camera.close();
  await server.close(100);
  await rm(root, { recursive: true, force: true });
});

async function doctor(
  ...words: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const io = new MemoryIo();
  const code = await runProgram(['doctor', '--root', root, ...words], io, new AbortController().signal);
  return { code, out: io.out, err: io.err };
}

describe('edgeml doctor', () => {
  it('says what works, what does not and why, and writes an archive without secrets', async () => {
    const file = path.join(root, 'support.tar.gz');
    const { code, out } = await doctor('--json', '--bundle', file);
    const archive = gunzipSync(await readFile(file)).toString('latin1');
    const report = archive.slice(archive.indexOf('versions\n'));

    expect(code).toBe(1);
    for (const line of [
      /^ {2}ok {4}Node\.js: \d+/m,
      /^ {2}ok {4}cpu: works/m,
      // Asked for, and not to be had here.
      /^ {2}FAIL {2}tensorrt: does not work: .+\n +What to do: /m,
      /^ {2}FAIL {2}edgeml\.InferenceApp: 1\.0\.0; says degraded$/m,
      /^ {2}FAIL {2}edgeml\.InferenceAgent: 1\.0\.0; .*agent\.sock/m,
      // It has no socket to be asked on.
      /^ {2}- {5}edgeml\.Console: 1\.0\.0$/m,
      /^ {2}FAIL {2}no-such-ffmpeg: there is no command no-such-ffmpeg\n +What to do: Install it/m,
      /^ {2}ok {4}source gate: 127\.0\.0\.1:\d+ answers$/m,
      /^ {2}FAIL {2}source yard: 127\.0\.0\.1:\d+: ECONNREFUSED\n/m,
      /^ {2}FAIL {2}source door: .*no-such-folder: is not there$/m,
      /^ {2}FAIL {2}AWS IoT Core: 127\.0\.0\.1:8883: /m,
      /\d+ things cannot work so/,
    ])
      expect(report).toMatch(line);
    expect(report).not.toContain('source off');

    expect((await stat(file)).mode & 0o777).toBe(0o600);
    for (const [what, secret] of Object.entries(PLANTED)) expect((archive + out).includes(secret), what).toBe(false);
    for (const name of [
      'report.txt',
      'report.json',
      'configuration/edgeml.InferenceApp.json',
      'logs/edgeml.InferenceApp.log',
      'answers/edgeml.InferenceApp_healthz',
    ])
      expect(archive, name).toContain(name);
    const { findings } = JSON.parse(out) as { findings: readonly { readonly section: string }[] };
    expect([...new Set(findings.map(({ section }) => section))].sort()).toEqual([
      'access',
      'clock',
      'disk',
      'ffmpeg',
      'installed',
      'providers',
      'reachability',
      'versions',
    ]);
    // Helpful facts are there.
    for (const text of ['a line that helps', 'no-such-ffmpeg', `127.0.0.1:${deadPort}`, '"Username": "me"', 'up 1'])
      expect(archive, text).toContain(text);
  });
});
