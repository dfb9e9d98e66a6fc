import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#packages/foundation';
import { startInProcess } from '../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../testing/agent/in-process-agent.ts';
import { MemoryInstances } from '../../testing/agent/memory-instance.ts';
import { colorPackage, plainPicture } from '../../testing/agent/color-package.ts';
import { memoryLoaded } from '../../testing/agent/memory-loaded.ts';
import { temporaryFolder, writeFiles } from '../../testing/agent/package-folder.ts';
import { PYTHON_CLIENT } from '../../testing/clients/caller.ts';
import { buildPackage } from '../../testing/clients/typescript-caller.ts';
import { MemoryNucleus } from '../../testing/ipc/memory-nucleus.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { PYTHON_WITH_MODULES, tritonClient } from '../../testing/outside-data/python.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { echoModel, SOUND_TENSORS, soundModel, TENSOR_MODEL } from '../../testing/vision/tensor-models.ts';

const run = promisify(execFile);
const CALLERS = path.join(import.meta.dirname, '../../testing/clients');
const COMPONENT = 'edgeml.InferenceAgent';
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let models: ReturnType<typeof memoryLoaded>;
let started: InProcessAgent;
let busy: Server;
/** Arguments of each program: the agent, a server that is busy, a picture. */
let words: readonly string[];

const at = (...parts: readonly string[]): string => path.join(folder.path, ...parts);

/** The whole agent with real models. */
beforeAll(async () => {
  folder = await temporaryFolder();
  await mkdir(at('work'));
  const nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], { GoldenPolicy: 'warn', MinFreeDiskMB: 0 });
  models = memoryLoaded();
  started = await startInProcess(at('work'), nucleus, systemClock, new MemoryInstances(models).open);
  const tensors: readonly (readonly [string, object, Uint8Array])[] = [
    ['Sound', { tensors: SOUND_TENSORS }, soundModel()],
    ['Echo', {}, echoModel(['int64', 'float16', 'string', 'bool', 'uint8', 'float32'])],
  ];
  for (const [name, more, onnx] of tensors) {
    const manifest = JSON.stringify({ ...TENSOR_MODEL, name, ...more });
    await writeFiles(at(name), { 'model.json': manifest, 'model.onnx': onnx });
    await started.client.activate({ path: at(name) });
  }
  await started.client.activate({ path: await colorPackage(at('Colors')) });
  await writeFile(at('red.png'), await plainPicture(255, 0, 0));
  busy = busyServer();
  await new Promise<void>((resolve) => busy.listen(at('busy.sock'), resolve));
  words = [at('work/agent.sock'), at('busy.sock'), at('red.png')];
}, PATIENCE_MS);
afterAll(async () => {
  busy?.close();
  await started?.close();
  await models?.close();
  await folder?.remove();
});

/** Turns every second request for models away for now, and everything else for half a minute. */
function busyServer(): Server {
  let asked = 0;
  return createServer((request, response) => {
    request.resume();
    if (request.url === '/v1/models' && ++asked % 2 === 0) return void response.end('[]');
    const error = { code: 'admission.overload', message: 'the queue is full', todo: 'Ask again.', facts: {} };
    const seconds = request.url === '/v1/models' ? 0 : 30;
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': String(seconds) });
    response.end(JSON.stringify({ error }));
  });
}

const ALIASES = ['Colors', 'Echo', 'Sound'];

describe('the Python client, installed from its wheel into an empty folder', await needs(tritonClient), () => {
  it(
    'predicts, runs tensors, tries again when the agent says or restarts and names what went wrong, by threads and by coroutines',
    async () => {
      await cp(PYTHON_CLIENT, at('source'), { recursive: true });
      const pip = [PYTHON_WITH_MODULES, '-m', 'pip', '--disable-pip-version-check', '--quiet'] as const;
      const [python, ...rest] = pip;
      await run(python, [
        ...rest,
        'wheel',
        '--no-deps',
        '--no-build-isolation',
        '--no-index',
        '-w',
        at('wheel'),
        at('source'),
      ]);
      await run(python, [
        ...rest,
        'install',
        '--no-deps',
        '--no-index',
        '--find-links',
        at('wheel'),
        '--target',
        at('site'),
        'edgeml-sdk',
      ]);
      const env = { PATH: process.env['PATH'] ?? '', PYTHONPATH: at('site'), PYTHONDONTWRITEBYTECODE: '1' };
      const { stdout } = await run(python, ['-W', 'error', path.join(CALLERS, 'agent-caller.py'), ...words], {
        env,
        cwd: at('site'),
      });
      const told = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
      const echo = {
        int64_out: ['int64', '[9007199254740993]'],
        float16_out: ['float16', '[0.5]'],
        string_out: ['object', String.raw`[b'gr\xc3\xb6\xc3\x9fe']`],
        bool_out: ['bool', '[True]'],
        uint8_out: ['uint8', '[255]'],
        float32_out: ['float32', '[1.5]'],
      };
      const level = { level: ['float32', '[[3.0, 3.0]]'] };
      expect(told).toEqual({
        from: at('site/edgeml_sdk/__init__.py'),
        threads: {
          path: ['red', 1, '1.0.0', 8],
          bytes: ['red', 1, '1.0.0', 8],
          echo,
          sound: level,
          state: [level, { level: ['float32', '[[4.0, 4.0]]'] }],
          tensors: [
            expect.arrayContaining([['input', 'FP32', [-1, -1]]]),
            expect.arrayContaining([['level', 'FP32', [-1, 2]]]),
          ],
          models: ALIASES,
          errors: [
            ['AgentError', 'model.not-found', 404, null],
            ['AgentError', expect.stringMatching(/\./), expect.any(Number), null],
          ],
          retried: [[], [0]],
          later: ['AgentError', 'admission.overload', 503, 30],
          back: [[], [0.1, 0.2]],
          'back v1': ['[]', [0.1, 0.2]],
          absent: ['AgentUnavailable', 'agent.unreachable', null, null],
        },
        coroutines: {
          path: ['red', 1, '1.0.0', 8],
          echo,
          sound: level,
          models: ALIASES,
          error: ['AgentError', 'model.not-found', 404, null],
          retried: [[], [0]],
          back: [[], [0.1, 0.2]],
          absent: ['AgentUnavailable', 'agent.unreachable', null, null],
        },
      });
    },
    4 * PATIENCE_MS,
  );
});

describe('the TypeScript client, installed from its tarball into an empty folder', () => {
  it(
    'predicts, runs tensors, tries again when the agent says or restarts and names what went wrong',
    async () => {
      await buildPackage(at('package'));
      const { stdout: packed } = await run('npm', ['pack', '--json', '--offline', '--pack-destination', folder.path], {
        cwd: at('package'),
      });
      const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
      await mkdir(at('app'));
      await run('npm', ['install', '--offline', '--no-audit', '--no-fund', at(filename)], { cwd: at('app') });
      await cp(path.join(CALLERS, 'agent-caller.mjs'), at('app/agent-caller.mjs'));
      const { stdout } = await run(process.execPath, ['agent-caller.mjs', ...words], { cwd: at('app') });
      expect(JSON.parse(stdout)).toMatchObject({
        path: ['red', 1, '1.0.0', 8],
        bytes: ['red', 1, '1.0.0', 8],
        echo: {
          int64_out: ['INT64', ['9007199254740993']],
          float16_out: ['FP16', ['14336']],
          string_out: ['BYTES', ['größe']],
          bool_out: ['BOOL', ['1']],
          uint8_out: ['UINT8', ['255']],
          float32_out: ['FP32', ['1.5']],
        },
        sound: { level: ['FP32', ['3', '3']] },
        tensors: {
          outputs: [
            { name: 'level', datatype: 'FP32', shape: [-1, 2] },
            { name: 'stateN', datatype: 'FP32', shape: [1, -1, 2] },
          ],
        },
        models: ALIASES,
        errors: [
          ['AgentError', 'model.not-found', null],
          ['AgentError', expect.stringMatching(/\./), null],
          ['ValueError', null, null],
        ],
        retried: [],
        later: ['AgentError', 'admission.overload', 30_000],
        back: [[], [], '[]', 'kept'],
        absent: ['AgentError', 'agent.unreachable', null],
      });
    },
    4 * PATIENCE_MS,
  );
});
