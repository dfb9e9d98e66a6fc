import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silentLogger, systemClock } from '#packages/foundation';
import { accessControlFor } from '#packages/ipc';
import { memoryNucleusPort } from '../../testing/local-core/memory-nucleus-port.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import type { Child } from '../../testing/process/child.ts';
import { startComponent } from '../../testing/process/start-component.ts';
import { startIpcServer } from '../../tools/local-core/ipc/server.ts';
import type { IpcServer } from '../../tools/local-core/ipc/server.ts';
import { LocalPubSub } from '../../tools/local-core/pubsub/local-pubsub.ts';

let work: string;
let server: IpcServer;
let child: Child | undefined;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'edgeml-void-'));
});

afterEach(async () => {
  await child?.end('SIGKILL');
  await server.close();
  await rm(work, { recursive: true, force: true });
});

/** The IPC daemon of a nucleus that gives the component this token. */
async function serve(component: string, token: string, lite: boolean): Promise<void> {
  const configuration = { accessControl: accessControlFor(component) };
  server = await startIpcServer({
    socketPath: join(work, 'ipc.socket'),
    nucleus: memoryNucleusPort({ [component]: { configuration, token } }),
    pubsub: new LocalPubSub(silentLogger),
    strictLite: lite,
    clock: systemClock,
    log: silentLogger,
  });
}

// As after `systemctl restart ggl.core.ggipcd`: the daemon is back, but it knows none of the tokens that processes have.
it.skipIf(process.platform === 'win32').each([
  ['inference-agent', 'nucleus lite', 'edgeml.InferenceAgent'],
  ['inference-app', 'nucleus lite', 'edgeml.InferenceApp'],
  ['feedback-uploader', 'nucleus lite', 'edgeml.FeedbackUploader'],
  ['inference-app', 'the Java nucleus', 'edgeml.InferenceApp'],
] as const)('%s ends with 1 when %s does not know its token any more', async (program, nucleus, component) => {
  const lite = nucleus === 'nucleus lite';
  await serve(component, 'first', lite);
  child = await startComponent(program, {
    workFolder: join(work, 'work'),
    environment: {
      HOME: work,
      TMPDIR: work,
      SVCUID: 'first',
      AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: join(work, 'ipc.socket'),
      AWS_IOT_THING_NAME: 'gate-7',
      EDGEML_AGENT_SOCKET: join(work, 'agent.sock'),
      EDGEML_FEEDBACK_SOCKET: join(work, 'feedback.sock'),
    },
  });
  await vi.waitUntil(() => server.connections.some(({ streams }) => streams > 0), { timeout: PATIENCE_MS });

  await server.close();
  await serve(component, 'second', lite);

  expect(await child.exit).toBe(1);
  const errors = child.documents().map(({ error }) => (error as { code?: string } | undefined)?.code);
  expect(errors).toContain('ipc.refused');
});
